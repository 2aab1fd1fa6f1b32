"""What one participant of the benchmark sends: media made ready beforehand, RTCP made on the spot.

Media packets look as the synthetic participants' offer says they do: a transport-wide number and
the section's mid as one-byte header extensions (RFC 8285). RTCP is what a browser sends: a sender
report of each stream and a receiver report every second, transport-wide feedback on what really
arrived every 100 ms.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field

from bench.relay.feedback import FeedbackWriter
from bench.relay.sample import audio_payloads, video_payloads
from mediasrv.rtcp.packets import SR, Block, make_receiver_report
from mediasrv.synthetic.sdp import AUDIO_TYPE, COUNTER_ID, VIDEO_TYPE
from mediasrv.synthetic.transport import Transport
from mediasrv.transport.srtp import SrtpPair

#: Of every three packets of a participant one is audio and two are video.
TURNS = 3
#: 50 of audio and 100 of video.
PACKETS_PER_PARTICIPANT = 150
MID_ID = 4
#: Profile of one-byte extensions, two words: number (2 bytes), mid (1 byte), padding.
_EXTENSIONS = struct.Struct("!HHBHBB3x")
_HEADER = struct.Struct("!BBHII")
_NTP_EPOCH = 2_208_988_800
AUDIO, VIDEO = 0, 1


@dataclass
class Stream:
    """One kind of media of one participant: what it sends, and what is seen of its partner's."""

    ssrc: int
    #: SSRC under which the partner's media arrive.
    heard_ssrc: int
    #: Own next number and last timestamp; they run on from load to load.
    number: int = 1
    timestamp: int = 0
    sent: int = 0
    sent_bytes: int = 0
    #: Arrived number minus sent number of the partner's packets; None: not known yet.
    shift: int | None = None
    #: Where the transport-wide number is in arriving packets; 0: they have none.
    counter_at: int = 0
    #: Of the arriving packets: the last number as it came, and the highest one extended.
    last: int = 0
    highest: int = 0


@dataclass
class Endpoint:
    """One participant after its handshake; ``partner`` is whose packets it is to receive."""

    sock: socket.socket
    srtp: SrtpPair
    audio: Stream
    video: Stream
    partner: int
    #: Keeps consent alive; None where the system under test knows no ICE.
    transport: Transport | None = None
    feedback: FeedbackWriter = field(default_factory=FeedbackWriter)
    #: Next transport-wide number, next payloads of the loops, seconds of media sent.
    counter: int = 1
    audio_at: int = 0
    video_at: int = 0
    media_s: float = 0.0

    @property
    def streams(self) -> tuple[Stream, Stream]:
        """By ``AUDIO`` and ``VIDEO``."""
        return self.audio, self.video


def prepare(endpoints: list[Endpoint], total: int, pps: float) -> tuple[list[bytes], list[int]]:
    """``total`` protected packets in sending order (participants take turns), and each one's key.

    A key is ``stream << 16 | number``, where participant i has the streams ``2 * i`` (audio) and
    ``2 * i + 1`` (video). Timestamps go on as if ``pps`` packets were sent each second.
    """
    packets: list[bytes] = []
    keys: list[int] = []
    count = len(endpoints)
    step = count / pps
    for k in range(total):
        i, turn = k % count, k // count % TURNS
        endpoint = endpoints[i]
        kind = AUDIO if turn == 0 else VIDEO
        stream = endpoint.streams[kind]
        packet = _audio(endpoint) if kind == AUDIO else _video(endpoint)
        endpoint.media_s += step
        stream.sent += 1
        stream.sent_bytes += len(packet)
        packets.append(endpoint.srtp.protect(packet))
        keys.append((2 * i + kind) << 16 | stream.number)
        stream.number = (stream.number + 1) & 0xFFFF
    return packets, keys


def _audio(endpoint: Endpoint) -> bytes:
    payloads = audio_payloads()
    payload = payloads[endpoint.audio_at % len(payloads)]
    endpoint.audio_at += 1
    endpoint.audio.timestamp = int(48_000 * endpoint.media_s) & 0xFFFFFFFF
    return _packet(endpoint, endpoint.audio, AUDIO_TYPE, b"0", payload)


def _video(endpoint: Endpoint) -> bytes:
    payloads = video_payloads()
    payload = payloads[endpoint.video_at % len(payloads)]
    endpoint.video_at += 1
    if payload.first:
        endpoint.video.timestamp = int(90_000 * endpoint.media_s) & 0xFFFFFFFF
    marker = 0x80 if payload.last else 0
    return _packet(endpoint, endpoint.video, marker | VIDEO_TYPE, b"1", payload.payload)


def _packet(endpoint: Endpoint, stream: Stream, second: int, mid: bytes, payload: bytes) -> bytes:
    counter = endpoint.counter
    endpoint.counter = (counter + 1) & 0xFFFF
    return (
        _HEADER.pack(0x90, second, stream.number, stream.timestamp, stream.ssrc)
        + _EXTENSIONS.pack(0xBEDE, 2, COUNTER_ID << 4 | 1, counter, MID_ID << 4, mid[0])
        + payload
    )


def reports(endpoint: Endpoint, now: float) -> list[bytes]:
    """A sender report of each stream and a receiver report of both, unprotected."""
    ntp = int((now + _NTP_EPOCH) * 2**32) & (2**64 - 1)
    out = [
        struct.pack(
            "!BBHIQIII",
            0x80,
            SR,
            6,
            stream.ssrc,
            ntp,
            stream.timestamp,
            stream.sent & 0xFFFFFFFF,
            stream.sent_bytes & 0xFFFFFFFF,
        )
        for stream in endpoint.streams
    ]
    blocks = []
    for stream in endpoint.streams:
        if stream.shift is not None:
            stream.highest += (stream.last - stream.highest) & 0xFFFF
            blocks.append(Block(stream.heard_ssrc, 0, 0, stream.highest, 0, 0, 0))
    out.append(make_receiver_report(endpoint.video.ssrc, blocks))
    return out
