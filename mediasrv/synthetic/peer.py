"""A synthetic participant without a socket: what it sends, when, what it makes of the rest."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

from mediasrv.rtcp.arrival_log import FEEDBACK_S, ArrivalLog
from mediasrv.rtcp.packets import NACK, PLI, PSFB, RTPFB, SR, make_nack, make_pli
from mediasrv.rtp.header import HEADER, find_extension, payload_offset
from mediasrv.rtp.packet_cache import PacketCache, wrap_rtx
from mediasrv.rtp.reception import Reception
from mediasrv.synthetic.decoder import Decoder
from mediasrv.synthetic.sample_media import AUDIO_FRAME_S, FRAME_RATE, sample_media
from mediasrv.synthetic.sdp import (
    AUDIO_TYPE,
    COUNTER_ID,
    RTX_TYPE,
    VIDEO_TYPE,
    OwnSsrcs,
    read_answer,
    write_offer,
)
from mediasrv.synthetic.transport import Transport
from mediasrv.transport.dtls import Certificate
from mediasrv.transport.ice import IceCredentials

REPORT_S = 1.0
#: Seconds between repeated NACKs and PLIs.
REPAIR_S = 0.1
#: Times a missing packet is asked for.
MAX_NACKS = 5
_NTP_EPOCH = 2_208_988_800


@dataclass(slots=True)
class Counts:
    """What one participant has sent, received and decoded; retransmissions are counted apart."""

    audio_packets_sent: int = 0
    video_packets_sent: int = 0
    audio_packets_received: int = 0
    video_packets_received: int = 0
    frames_decoded: int = 0
    audio_frames_decoded: int = 0
    retransmissions_sent: int = 0
    retransmissions_received: int = 0


class Peer:
    """Media and RTCP over a ``Transport``. Datagrams and time in, datagrams out.

    ``session`` is the number in its offer's ``o=`` line; a fresh one when 0.
    """

    def __init__(
        self, *, audio: bool = True, video: bool = True, decode: bool = True, session: int = 0
    ) -> None:
        self._certificate = Certificate()
        self._ice = IceCredentials.fresh()
        self._session = session or secrets.randbits(60)
        self.transport = Transport(self._certificate, self._ice)
        self.ssrcs = OwnSsrcs(*(secrets.randbits(31) + 1 for _ in range(3)))
        self.counts = Counts()
        self.address: tuple[str, int] | None = None
        self._sends = {"audio": audio, "video": video}
        self._decoder = Decoder() if decode else None
        self._kinds: dict[int, str] = {}
        self._received: dict[int, Reception] = {}
        self._missing: dict[int, tuple[int, float]] = {}
        self._seq = {"audio": secrets.randbits(15), "video": secrets.randbits(15), "rtx": 0}
        self._frame = {"audio": 0, "video": 0}
        self._base = {"audio": secrets.randbits(31), "video": secrets.randbits(31)}
        self._timestamp = {"audio": 0, "video": 0}
        self._loop_at = 0
        self._counter = 0
        self._cache = PacketCache()
        self._arrivals = ArrivalLog()
        self._feedback_at = 0.0
        self._started: float | None = None
        self._report_at = 0.0
        self._pli_at = 0.0
        self._needs_keyframe = False

    def offer(self) -> str:
        """The offer to hand to the relay."""
        return write_offer(
            self._session,
            self._ice,
            self._certificate.fingerprint,
            self.ssrcs,
            audio=self._sends["audio"],
            video=self._sends["video"],
        )

    def restart_offer(self) -> str:
        """An offer of the same connection that restarts ICE."""
        self._ice = IceCredentials.fresh()
        self.transport.renew(self._ice)
        return self.offer()

    def accept(self, answer_sdp: str, now: float) -> None:
        """Takes the relay's answer and begins. Raises ``ValueError`` for an unusable one."""
        answer = read_answer(answer_sdp)
        self.address = answer.address
        if answer.audio_ssrc is not None:
            self._kinds[answer.audio_ssrc] = "audio"
        if answer.video_ssrc is not None:
            self._kinds[answer.video_ssrc] = "video"
        if answer.rtx_ssrc is not None:
            self._kinds[answer.rtx_ssrc] = "rtx"
        self.transport.start(answer, now)

    @property
    def connected(self) -> bool:
        """The handshake is done: media flows."""
        return self.transport.srtp is not None

    def receive(self, datagram: bytes, now: float) -> list[bytes]:
        """One datagram from the relay."""
        if not datagram:
            return []
        if datagram[0] < 64:
            return self.transport.receive(datagram, now)
        srtp = self.transport.srtp
        if srtp is None or len(datagram) < 12:
            return []
        if 192 <= datagram[1] <= 223:
            packet = srtp.unprotect_rtcp(datagram)
            return self._rtcp(packet, now) if packet is not None else []
        packet = srtp.unprotect(datagram)
        return self._rtp(packet, now) if packet is not None else []

    def tick(self, now: float) -> list[bytes]:
        """Everything due by now. Call at least every 10 ms for smooth media."""
        out = self.transport.tick(now)
        if not self.connected:
            return out
        if self._started is None:
            self._started = now
        for kind, interval in (("audio", AUDIO_FRAME_S), ("video", 1 / FRAME_RATE)):
            behind = int((now - self._started) / interval)
            # After a pause of the process, go on from now instead of sending all that was missed.
            self._frame[kind] = max(self._frame[kind], behind - 5)
            while self._sends[kind] and self._frame[kind] <= behind:
                out += self._audio_frame() if kind == "audio" else self._video_frame()
                self._frame[kind] += 1
        if now >= self._report_at:
            self._report_at = now + REPORT_S
            out += self._reports(now)
        if now >= self._feedback_at:
            self._feedback_at = now + FEEDBACK_S
            out += self._feedback()
        out += self._repairs(now)
        return out

    def close(self, now: float) -> list[bytes]:
        """Says goodbye."""
        return self.transport.close(now)

    def _audio_frame(self) -> list[bytes]:
        media = sample_media().audio
        self.counts.audio_packets_sent += 1
        self._timestamp["audio"] = self._base["audio"] + 960 * self._frame["audio"]
        return [self._packet("audio", AUDIO_TYPE, media[self._frame["audio"] % len(media)])]

    def _video_frame(self) -> list[bytes]:
        media = sample_media().video
        payloads = media[self._loop_at % len(media)]
        self._loop_at += 1
        self._timestamp["video"] = self._base["video"] + 90_000 // FRAME_RATE * self._frame["video"]
        out = []
        for i, payload in enumerate(payloads):
            marker = 0x80 if i == len(payloads) - 1 else 0
            out.append(self._packet("video", marker | VIDEO_TYPE, payload))
            self.counts.video_packets_sent += 1
        return out

    def _packet(self, kind: str, second: int, payload: bytes) -> bytes:
        srtp = self.transport.srtp
        assert srtp is not None
        seq = self._seq[kind]
        self._seq[kind] = (seq + 1) & 0xFFFF
        ssrc = self.ssrcs.audio if kind == "audio" else self.ssrcs.video
        self._counter = (self._counter + 1) & 0xFFFF
        extension = struct.pack("!HHBHx", 0xBEDE, 1, COUNTER_ID << 4 | 1, self._counter)
        header = HEADER.pack(0x90, second, seq, self._timestamp[kind] & 0xFFFFFFFF, ssrc)
        packet = header + extension + payload
        if kind == "video":
            self._cache.put(seq, packet)
        return srtp.protect(packet)

    def _rtp(self, packet: bytes, now: float) -> list[bytes]:
        _, second, seq, timestamp, ssrc = HEADER.unpack_from(packet)
        kind = self._kinds.get(ssrc)
        if kind is None:
            return []
        view = memoryview(packet)
        counter = find_extension(view, 0, len(packet), COUNTER_ID)
        if counter is not None:
            self._arrivals.note(int.from_bytes(counter), now)
        start = payload_offset(view, 0, len(packet))
        payload = packet[start:]
        if kind == "rtx":
            self.counts.retransmissions_received += 1
            if len(payload) > 2:
                original = int.from_bytes(payload[:2])
                self._missing.pop(original, None)
                self._video(original, timestamp, second, payload[2:])
            return []
        if kind == "audio":
            self.counts.audio_packets_received += 1
            self._reception(ssrc, 48_000, seq, timestamp, now)
            if self._decoder is not None:
                self._decoder.audio(payload)
                self.counts.audio_frames_decoded = self._decoder.audio_frames
            return []
        self.counts.video_packets_received += 1
        before = self._received[ssrc].max_seq if ssrc in self._received else seq
        self._reception(ssrc, 90_000, seq, timestamp, now)
        gap = (seq - before) & 0xFFFF
        if 1 < gap < 100:
            for i in range(1, gap):
                self._missing[(before + i) & 0xFFFF] = (0, 0.0)
        self._missing.pop(seq, None)
        self._video(seq, timestamp, second, payload)
        return []

    def _video(self, seq: int, timestamp: int, second: int, payload: bytes) -> None:
        if self._decoder is None or not payload:
            return
        good = self._decoder.video(seq, timestamp, bool(second & 0x80), payload)
        self._needs_keyframe = not good
        self.counts.frames_decoded = self._decoder.video_frames

    def _reception(self, ssrc: int, rate: int, seq: int, timestamp: int, now: float) -> None:
        reception = self._received.setdefault(ssrc, Reception(rate))
        reception.packets += 1
        reception.jumped(seq)
        if timestamp != reception.last_timestamp:
            reception.new_timestamp(timestamp, now)

    def _rtcp(self, packet: bytes, now: float) -> list[bytes]:
        out = []
        at = 0
        while at + 4 <= len(packet):
            first, kind, words = struct.unpack_from("!BBH", packet, at)
            body = packet[at : at + 4 + 4 * words]
            at += len(body)
            if kind == PSFB and first & 0x1F == PLI:
                self._loop_at = 0
            elif kind == RTPFB and first & 0x1F == NACK:
                for i in range(12, len(body) - 3, 4):
                    number, mask = struct.unpack_from("!HH", body, i)
                    lost = [number] + [
                        (number + 1 + b) & 0xFFFF for b in range(16) if mask >> b & 1
                    ]
                    out += [p for n in lost for p in self._repeat(n, now)]
        return out

    def _repeat(self, number: int, now: float) -> list[bytes]:
        srtp = self.transport.srtp
        packet = self._cache.take(number, now) if self._cache.knows(number) else None
        if packet is None or srtp is None:
            return []
        self.counts.retransmissions_sent += 1
        wrapped = wrap_rtx(packet, 20, RTX_TYPE, self._seq["rtx"], self.ssrcs.rtx)
        self._seq["rtx"] = (self._seq["rtx"] + 1) & 0xFFFF
        return [srtp.protect(wrapped)]

    def _repairs(self, now: float) -> list[bytes]:
        srtp = self.transport.srtp
        video = next((s for s, kind in self._kinds.items() if kind == "video"), None)
        if srtp is None or video is None:
            return []
        out = []
        due = [n for n, (count, at) in self._missing.items() if now - at >= REPAIR_S]
        if due:
            out.append(srtp.protect_rtcp(make_nack(self.ssrcs.video, video, sorted(due)[:32])))
            for number in due:
                count = self._missing[number][0] + 1
                if count > MAX_NACKS:
                    del self._missing[number]
                else:
                    self._missing[number] = (count, now)
        if self._needs_keyframe and now - self._pli_at > 5 * REPAIR_S:
            self._pli_at = now
            out.append(srtp.protect_rtcp(make_pli(self.ssrcs.video, video)))
        return out

    def _feedback(self) -> list[bytes]:
        srtp = self.transport.srtp
        assert srtp is not None
        media = next(iter(self._kinds), 0)
        packets = self._arrivals.feedback(self.ssrcs.video, media)
        return [srtp.protect_rtcp(packet) for packet in packets]

    def _reports(self, now: float) -> list[bytes]:
        """One sender report per stream; the first carries the blocks on what is received."""
        srtp = self.transport.srtp
        assert srtp is not None
        blocks = b"".join(
            struct.pack(
                "!IIIIII",
                ssrc,
                max(0, r.expected - r.packets) & 0x7FFFFF,
                r.highest & 0xFFFFFFFF,
                int(r.jitter),
                0,
                0,
            )
            for ssrc, r in self._received.items()
        )
        out = []
        ntp = int((now + _NTP_EPOCH) * 2**32) & (2**64 - 1)
        for kind, ssrc in (("audio", self.ssrcs.audio), ("video", self.ssrcs.video)):
            body = struct.pack(
                "!IQIII", ssrc, ntp, self._timestamp[kind] & 0xFFFFFFFF, self._seq[kind], 0
            )
            count = len(blocks) // 24
            head = struct.pack("!BBH", 0x80 | count, SR, (len(body) + len(blocks)) // 4)
            out.append(srtp.protect_rtcp(head + body + blocks))
            blocks = b""
        return out
