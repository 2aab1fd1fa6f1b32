"""Decodes what arrives, so that a test may say "seen" and "heard" and mean it."""

from __future__ import annotations

import av
from av.audio.codeccontext import AudioCodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

#: Packets of one frame waiting for their neighbours; more is not a frame.
_MAX_PENDING = 256


class Decoder:
    """Opus and VP8 (one-byte descriptors only in order of sequence numbers; late ones are lost)."""

    def __init__(self) -> None:
        audio = av.CodecContext.create("opus", "r")
        assert isinstance(audio, AudioCodecContext)
        video = av.CodecContext.create("vp8", "r")
        assert isinstance(video, VideoCodecContext)
        self._audio, self._video = audio, video
        self.audio_frames = 0
        self.video_frames = 0
        self._pending: dict[int, tuple[int, bool, bytes]] = {}
        self._have_keyframe = False
        self._broken = False

    def audio(self, payload: bytes) -> None:
        """One Opus packet."""
        try:
            self.audio_frames += len(self._audio.decode(av.Packet(payload)))
        except FFmpegError:
            return

    def video(self, seq: int, timestamp: int, marker: bool, payload: bytes) -> bool:
        """One VP8 packet; False when a keyframe is needed to show anything."""
        self._pending[seq] = (timestamp, marker, payload)
        if len(self._pending) > _MAX_PENDING:
            self._pending.clear()
            self._have_keyframe = False
        frame = self._complete(timestamp)
        if frame is None:
            return True
        if not frame[0] & 0x01:
            self._have_keyframe = True
        if not self._have_keyframe:
            return False
        try:
            self.video_frames += len(self._video.decode(av.Packet(frame)))
        except FFmpegError:
            self._have_keyframe = False
            return False
        return True

    def _complete(self, timestamp: int) -> bytes | None:
        """The frame of a timestamp once its first, last and all packets between are there."""
        numbers = [s for s, packet in self._pending.items() if packet[0] == timestamp]
        first = next((s for s in numbers if self._pending[s][2][0] & 0x10), None)
        last = next((s for s in numbers if self._pending[s][1]), None)
        if first is None or last is None or (last - first) & 0xFFFF != len(numbers) - 1:
            return None
        order = [(first + i) & 0xFFFF for i in range(len(numbers))]
        return b"".join(self._pending.pop(s)[2][1:] for s in order)
