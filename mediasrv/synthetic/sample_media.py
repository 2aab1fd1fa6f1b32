"""Two seconds of tone with a moving picture, encoded once per process, looped by everyone."""

from __future__ import annotations

import functools
import math
from array import array
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

SECONDS = 2
AUDIO_FRAME_S = 0.02
FRAME_RATE = 20
WIDTH, HEIGHT = 320, 240
#: Bytes of payload per video packet.
MAX_PAYLOAD = 1100


@dataclass(frozen=True, slots=True)
class SampleMedia:
    """Opus packets of 20 ms, and VP8 frames cut into RTP payloads; the first is a keyframe."""

    audio: tuple[bytes, ...]
    video: tuple[tuple[bytes, ...], ...]


@functools.cache
def sample_media() -> SampleMedia:
    """Encodes on the first call (about 0.2 s)."""
    return SampleMedia(audio=_audio(), video=_video())


def _audio() -> tuple[bytes, ...]:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate = 48_000
    codec.format = av.AudioFormat("s16")
    codec.layout = av.AudioLayout("stereo")
    codec.bit_rate = 32_000
    per_frame = int(48_000 * AUDIO_FRAME_S)
    packets: list[bytes] = []
    for i in range(int(SECONDS / AUDIO_FRAME_S)):
        samples = array("h")
        for n in range(i * per_frame, (i + 1) * per_frame):
            value = int(8000 * math.sin(2 * math.pi * 440 * n / 48_000))
            samples.extend((value, value))
        frame = av.AudioFrame(format="s16", layout="stereo", samples=per_frame)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate = 48_000
        frame.pts = i * per_frame
        frame.time_base = Fraction(1, 48_000)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(packets)


def _video() -> tuple[tuple[bytes, ...], ...]:
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base = Fraction(1, FRAME_RATE)
    codec.framerate = Fraction(FRAME_RATE)
    codec.bit_rate = 400_000
    # No lookahead and no hidden reference frames: one packet per picture, as in a call.
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": "999"}
    ramp = bytes(range(256)) * 3
    frames: list[tuple[bytes, ...]] = []
    for i in range(SECONDS * FRAME_RATE):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        stride = frame.planes[0].line_size
        rows = (ramp[(y + 8 * i) & 0xFF :][:WIDTH] for y in range(HEIGHT))
        frame.planes[0].update(b"".join(row.ljust(stride, b"\0") for row in rows))
        for plane in frame.planes[1:]:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts = i
        frames += [_packetise(bytes(packet)) for packet in codec.encode(frame)]
    return tuple(frames)


def _packetise(frame: bytes) -> tuple[bytes, ...]:
    """RTP payloads with the shortest VP8 descriptor (RFC 7741 section 4.2)."""
    chunks = [frame[i : i + MAX_PAYLOAD] for i in range(0, len(frame), MAX_PAYLOAD)]
    return tuple((b"\x10" if i == 0 else b"\x00") + chunk for i, chunk in enumerate(chunks))
