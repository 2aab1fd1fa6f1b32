"""Decodes what arrives, so that a test may say "seen" or "heard", meaning it."""

from __future__ import annotations

import av
from av.audio.codeccontext import AudioCodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

#: Frames that may wait behind a missing packet (half a second) before it is given up.
MAX_WAITING = 10
_MAX_PENDING = 512


class Decoder:
    """Opus as it comes; VP8 in order, waiting a little for retransmissions as a browser does.

    Only VP8 payloads with the one-byte descriptor are understood.
    """

    def __init__(self) -> None:
        audio = av.CodecContext.create("opus", "r")
        assert isinstance(audio, AudioCodecContext)
        video = av.CodecContext.create("vp8", "r")
        assert isinstance(video, VideoCodecContext)
        self._audio, self._video = audio, video
        self.audio_frames = 0
        self.video_frames = 0
        #: Sequence number → timestamp, marker, payload.
        self._pending: dict[int, tuple[int, bool, bytes]] = {}
        #: The number that must come next; None until a keyframe has begun.
        self._next: int | None = None

    def audio(self, payload: bytes) -> None:
        """One Opus packet."""
        try:
            self.audio_frames += len(self._audio.decode(av.Packet(payload)))
        except FFmpegError:
            return

    def video(self, seq: int, timestamp: int, marker: bool, payload: bytes) -> bool:
        """One VP8 packet; False when a keyframe is needed to show anything."""
        if self._next is not None and (seq - self._next) & 0x8000:
            return True
        self._pending[seq] = (timestamp, marker, payload)
        if len(self._pending) > _MAX_PENDING:
            self._pending.clear()
            self._next = None
        waiting = len({packet[0] for packet in self._pending.values()})
        if self._next is None or waiting > MAX_WAITING:
            self._next = self._keyframe_start()
            if self._next is None:
                return False
        while self._next is not None and self._decode_next():
            pass
        return self._next is not None

    def _keyframe_start(self) -> int | None:
        """The first packet of the newest keyframe that has begun; everything before it is lost."""
        starts = [
            seq
            for seq, (_, _, payload) in self._pending.items()
            if len(payload) > 1 and payload[0] & 0x10 and not payload[1] & 0x01
        ]
        if not starts:
            self._pending.clear()
            return None
        start = starts[-1]
        self._pending = {s: p for s, p in self._pending.items() if not (s - start) & 0x8000}
        return start

    def _decode_next(self) -> bool:
        """Decodes the frame at ``_next`` if it is complete."""
        assert self._next is not None
        frame = b""
        seq = self._next
        while seq in self._pending:
            _, marker, payload = self._pending[seq]
            frame += payload[1:]
            seq = (seq + 1) & 0xFFFF
            if marker:
                break
        else:
            return False
        while self._next != seq:
            del self._pending[self._next]
            self._next = (self._next + 1) & 0xFFFF
        try:
            self.video_frames += len(self._video.decode(av.Packet(frame)))
        except FFmpegError:
            self._next = None
        return self._next is not None
