"""A call goes over TCP where UDP is blocked; nobody holds a connection for nothing."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import pytest

from mediasrv.net import tcp
from mediasrv.relay import Relay, RelayConfig
from mediasrv.synthetic import SyntheticParticipant
from mediasrv.synthetic.peer import Peer


async def _until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


class FramedPeer:
    """A synthetic peer over ICE-TCP."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.peer = Peer(decode=False)
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self, answer: str) -> None:
        loop = asyncio.get_running_loop()
        self.peer.accept(answer, loop.time())
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._relay.port)
        self._task = asyncio.create_task(self._run(reader, self._writer))

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        pending = b""
        while True:
            try:
                async with asyncio.timeout(0.01):
                    pending += await reader.read(4096)
            except TimeoutError:
                pass
            out = self.peer.tick(loop.time())
            while len(pending) >= 2 and len(pending) >= 2 + int.from_bytes(pending[:2]):
                end = 2 + int.from_bytes(pending[:2])
                out += self.peer.receive(pending[2:end], loop.time())
                pending = pending[end:]
            for packet in out:
                writer.write(struct.pack("!H", len(packet)) + packet)

    async def close(self) -> None:
        assert self._task is not None
        assert self._writer is not None
        self._task.cancel()
        self._writer.close()


async def test_one_side_over_tcp_talks_to_the_other_over_udp() -> None:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    client, provider = FramedPeer(relay), SyntheticParticipant()
    answer = relay.join("call", "client", client.peer.offer())
    assert "tcptype passive" in answer
    await client.connect(answer)
    await provider.connect(relay.join("call", "provider", provider.offer()))
    await _until(
        lambda: client.peer.counts.video_packets_received > 20 and provider.frames_decoded > 10
    )
    await client.close()
    await provider.close()
    await _until(lambda: not relay._core.arrivals.streams)
    assert relay.stats("call").media["client"] is not None
    await relay.close()


async def test_a_tcp_connection_that_proves_nothing_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "PROVE_S", 0.05)
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    async with asyncio.timeout(60):
        assert await reader.read(1) == b""
    assert relay.totals().dropped["tcp_unproven"] == 1
    writer.close()
    await relay.close()


@pytest.mark.parametrize("frame", [b"\xff\xff", b"\x05\xdd" + bytes(1501)])
async def test_a_frame_that_cannot_be_a_packet_ends_its_connection(frame: bytes) -> None:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(b"\x00\x00\x00\x01\x80" + frame)
    async with asyncio.timeout(60):
        assert await reader.read(1) == b""
    assert relay.totals().dropped["tcp_malformed"] == 1
    writer.close()
    await relay.close()


async def test_one_host_holds_a_bounded_number_of_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "MAX_PER_HOST", 3)
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    opened = [await asyncio.open_connection("127.0.0.1", relay.port) for _ in range(5)]
    await _until(lambda: relay.totals().dropped.get("tcp_limit", 0) == 2)
    for _, writer in opened:
        writer.close()
    await relay.close()
