"""A relay is reached over IPv4, over IPv6, at each of its addresses, with or without batches."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from unittest.mock import patch

import pytest

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


async def test_a_taken_port_is_an_error_at_start() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        relay = Relay(RelayConfig(host="127.0.0.1", port=taken.getsockname()[1]))
        with pytest.raises(OSError, match="in use"):
            await relay.start()
