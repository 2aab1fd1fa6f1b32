"""A relay is reached over IPv4, IPv6 and TCP, and says at start what will keep browsers away."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from unittest.mock import patch

import pytest

from mediasrv.net import tcp
from mediasrv.net.addresses import announced_addresses, problems
from mediasrv.net.datagrams import PlainSocket
from mediasrv.relay import Relay, RelayConfig
from mediasrv.synthetic import SyntheticParticipant
from mediasrv.synthetic.peer import Peer


async def _until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


async def _call(relay: Relay) -> None:
    """Both sides exchange media through the relay."""
    client, provider = SyntheticParticipant(decode=False), SyntheticParticipant(decode=False)
    await client.connect(relay.join("call", "client", client.offer()))
    await provider.connect(relay.join("call", "provider", provider.offer()))
    await _until(lambda: min(client.packets_received, provider.packets_received) > 20)
    await client.close()
    await provider.close()


@pytest.mark.parametrize(
    ("host", "announced"),
    [("127.0.0.1", ()), ("::1", ()), ("::", ("127.0.0.1",)), ("::", ("::1",))],
)
async def test_a_call_works_over_both_families(host: str, announced: tuple[str, ...]) -> None:
    relay = Relay(RelayConfig(host=host, port=0, announced=announced))
    await relay.start()
    try:
        await _call(relay)
    finally:
        await relay.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_a_relay_on_all_addresses_answers_from_the_one_it_was_asked_at(host: str) -> None:
    # 127.0.0.2 is this machine as well; left to itself the kernel answers from 127.0.0.1.
    relay = Relay(RelayConfig(host=host, port=0, announced=("127.0.0.2",)))
    await relay.start()
    client, provider = SyntheticParticipant(decode=False), SyntheticParticipant(decode=False)
    try:
        await client.connect(relay.join("call", "client", client.offer()))
        await provider.connect(relay.join("call", "provider", provider.offer()))
        await _until(lambda: min(client.packets_received, provider.packets_received) > 20)
        assert relay.totals().dropped == {}
    finally:
        await client.close()
        await provider.close()
        await relay.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_one_port_that_asks_at_two_addresses_is_answered_from_both(host: str) -> None:
    relay = Relay(RelayConfig(host=host, port=0, announced=("127.0.0.1", "127.0.0.2")))
    await relay.start()
    loop = asyncio.get_running_loop()
    heard: list[str] = []

    class Asker(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            if data[:2] == b"\x01\x01":
                heard.append(addr[0])

    transport, _ = await loop.create_datagram_endpoint(Asker, local_addr=("127.0.0.1", 0))
    try:
        asker = Peer(decode=False)
        asker.accept(relay.join("call", "client", asker.offer()), loop.time())
        asked = ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
        for i, address in enumerate(asked, start=1):
            transport.sendto(asker.tick(loop.time() + 10 * i)[0], (address, relay.port))
            await _until(lambda count=i: len(heard) == count)  # type: ignore[misc]
        assert heard == asked
    finally:
        transport.close()
        await relay.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_call_works_without_the_batched_system_calls(host: str) -> None:
    relay = Relay(RelayConfig(host=host, port=0))
    with patch.object(sys, "platform", "darwin"):
        await relay.start()
    try:
        assert isinstance(relay._datagrams, PlainSocket)
        await _call(relay)
    finally:
        await relay.close()


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


async def test_a_taken_port_is_an_error_at_start() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        relay = Relay(RelayConfig(host="127.0.0.1", port=taken.getsockname()[1]))
        with pytest.raises(OSError, match="in use"):
            await relay.start()


def test_a_bound_address_is_announced_as_it_is() -> None:
    assert announced_addresses("192.0.2.7") == ("192.0.2.7",)


def test_a_wildcard_announces_an_address_of_this_machine() -> None:
    for address in announced_addresses("0.0.0.0"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))


@pytest.mark.parametrize(
    ("host", "announced", "said"),
    [
        ("0.0.0.0", "10.1.2.3", "is private"),
        ("0.0.0.0", "127.0.0.1", "reaches only this machine"),
        ("0.0.0.0", "2a01:4f8::1", "bind to ::"),
        ("0.0.0.0", "169.254.1.1", "one network segment"),
        ("127.0.0.1", "8.8.8.8", "is a NAT between them"),
        ("::1", "127.0.0.1", "bound to ::1 only"),
    ],
)
def test_what_keeps_browsers_away_is_said(host: str, announced: str, said: str) -> None:
    assert any(said in problem for problem in problems(host, (announced,)))


def test_a_public_address_is_no_problem() -> None:
    assert problems("0.0.0.0", ("8.8.8.8",)) == []
    assert problems("::", ("2a01:4f8::1", "8.8.8.8")) == []


@pytest.mark.parametrize("address", ["example.org", "0.0.0.0", "224.0.0.1", ""])
def test_what_is_no_address_cannot_be_announced(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        problems("0.0.0.0", (address,))
