"""What the participants of the benchmark send: real Opus, real VP8 of an ordinary call's size.

The synthetic participants' own picture is small and nearly still. Here it is 640x480 at 25 pictures
a second in packets of about 1,000 bytes, 100 a second, so that a server which decodes has an
ordinary call's work, and one which forwards an ordinary call's packets.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

from mediasrv.synthetic.sample_media import sample_media

WIDTH, HEIGHT, FRAME_RATE, FRAMES = 640, 480, 25, 50
#: Bits a second that make about four packets of 1,000 bytes of a picture.
BIT_RATE = 800_000
VIDEO_BYTES = 1000
#: Longest payload: what is left of a packet with its header, extensions and tag.
_MAX_PAYLOAD = 1200


@dataclass(frozen=True, slots=True)
class VideoPayload:
    """One RTP payload with its VP8 descriptor; ``last`` of its picture, which is a keyframe or not.

    ``first`` payloads begin a new picture and with it a new timestamp.
    """

    payload: bytes
    first: bool
    last: bool


@functools.cache
def audio_payloads() -> tuple[bytes, ...]:
    """Opus packets of 20 ms."""
    return sample_media().audio


@functools.cache
def video_payloads() -> tuple[VideoPayload, ...]:
    """Two seconds of VP8, looped by everyone; begins with a keyframe."""
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base = Fraction(1, FRAME_RATE)
    codec.framerate = Fraction(FRAME_RATE)
    codec.bit_rate = BIT_RATE
    # One packet per picture, as in a call; constant bit rate.
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "g": "999",
        "minrate": str(BIT_RATE),
        "maxrate": str(BIT_RATE),
        "bufsize": str(BIT_RATE // 2),
    }
    texture = _texture()
    payloads: list[VideoPayload] = []
    for i in range(FRAMES):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        stride = frame.planes[0].line_size
        rows = (texture[(y + 3 * i) % len(texture)] for y in range(HEIGHT))
        frame.planes[0].update(b"".join(row.ljust(stride, b"\0") for row in rows))
        for plane in frame.planes[1:]:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts = i
        for packet in codec.encode(frame):
            payloads += _packetise(bytes(packet))
    return tuple(payloads)


def _texture() -> list[bytes]:
    """Lines of a grainy slope; the picture scrolls over them, so that every one is different."""
    grain = random.Random(1)
    lines = []
    for y in range(HEIGHT + 3 * FRAMES):
        slope = [64 + (x // 5 + y // 4) % 128 for x in range(WIDTH)]
        lines.append(bytes(value + grain.randrange(24) for value in slope))
    return lines


def _packetise(picture: bytes) -> list[VideoPayload]:
    """Parts of equal size (RFC 7741 section 4.2, the shortest descriptor)."""
    parts = max(round(len(picture) / VIDEO_BYTES), -(-len(picture) // _MAX_PAYLOAD))
    edges = [len(picture) * i // parts for i in range(parts + 1)]
    return [
        VideoPayload(
            (b"\x10" if i == 0 else b"\x00") + picture[edges[i] : edges[i + 1]],
            first=i == 0,
            last=i == parts - 1,
        )
        for i in range(parts)
    ]
