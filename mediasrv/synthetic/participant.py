"""A synthetic participant on a real socket."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from mediasrv.synthetic.peer import Counts, Peer
from mediasrv.synthetic.sample_media import sample_media

#: Seconds between ticks.
TICK_S = 0.01


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, participant: SyntheticParticipant) -> None:
        self._participant = participant

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002 - asyncio's signature
        self._participant._received(data)

    def error_received(self, exc: Exception) -> None:
        """The relay's port may be closed for a while (a restart); checks go on."""


class SyntheticParticipant:
    """Joins like a browser: ``offer()`` to the relay, ``connect(answer)``, and media flows.

    With ``decode`` off, packets are only counted: cheaper, for load. Cheaper still is a longer
    ``tick_s``: media then come in bursts, with most of the sound left out, as of a silent speaker.
    """

    def __init__(
        self,
        video: bool = True,
        audio: bool = True,
        *,
        decode: bool = True,
        tick_s: float = TICK_S,
    ) -> None:
        self._tick_s = tick_s
        self._peer = Peer(audio=audio, video=video, decode=decode)
        self._transport: asyncio.DatagramTransport | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._connected = asyncio.Event()

    def offer(self) -> str:
        """An SDP offer."""
        return self._peer.offer()

    async def connect(self, answer_sdp: str, *, timeout_s: float = 30.0) -> None:
        """Returns once media can flow. ``TimeoutError``: it cannot; ``ValueError``: bad answer."""
        sample_media()
        self._peer.accept(answer_sdp, time.monotonic())
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self), remote_addr=self._peer.address
        )
        self._tick()
        try:
            async with asyncio.timeout(timeout_s):
                await self._connected.wait()
        except TimeoutError:
            await self.close()
            raise

    async def close(self) -> None:
        """Says goodbye and frees the socket. May be called twice."""
        if self._ticker is not None:
            self._ticker.cancel()
        if self._transport is not None:
            self._send(self._peer.close(time.monotonic()))
            self._transport.close()
            self._transport = None

    def vanish(self) -> None:
        """Falls silent without a goodbye, as a crashed tab does."""
        if self._ticker is not None:
            self._ticker.cancel()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    @property
    def counts(self) -> Counts:
        """Everything counted so far."""
        return self._peer.counts

    @property
    def audio_packets_sent(self) -> int:
        """Opus packets sent."""
        return self.counts.audio_packets_sent

    @property
    def video_packets_sent(self) -> int:
        """VP8 packets sent, retransmissions not included."""
        return self.counts.video_packets_sent

    @property
    def audio_packets_received(self) -> int:
        """Opus packets received."""
        return self.counts.audio_packets_received

    @property
    def video_packets_received(self) -> int:
        """VP8 packets received, retransmissions not included."""
        return self.counts.video_packets_received

    @property
    def packets_received(self) -> int:
        """Audio and video packets received."""
        return self.audio_packets_received + self.video_packets_received

    @property
    def frames_decoded(self) -> int:
        """Pictures that came out of the decoder."""
        return self.counts.frames_decoded

    @property
    def audio_frames_decoded(self) -> int:
        """Pieces of sound (20 ms) that came out of the decoder."""
        return self.counts.audio_frames_decoded

    def _received(self, datagram: bytes) -> None:
        self._send(self._peer.receive(datagram, time.monotonic()))
        if self._peer.connected:
            self._connected.set()

    def _tick(self) -> None:
        self._ticker = asyncio.get_running_loop().call_later(self._tick_s, self._tick)
        self._send(self._peer.tick(time.monotonic()))

    def _send(self, datagrams: list[bytes]) -> None:
        if self._transport is not None:
            for datagram in datagrams:
                self._transport.sendto(datagram)
