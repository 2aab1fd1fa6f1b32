"""A flood of hostile datagrams during a live call: it goes on, nothing raises, nothing grows.

The full million belongs to the soak, which sets ``TIPMEET_SOAK_S``.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from mediasrv.relay import Relay, RelayConfig
from mediasrv.synthetic import SyntheticParticipant
from tests.mediasrv.attacks.kinds import KINDS
from tests.mediasrv.network import Network, address

SOAKING = "TIPMEET_SOAK_S" in os.environ
#: Datagrams straight into the engine, and over a real socket.
INTO_THE_ENGINE = 1_000_000 if SOAKING else 100_000
OVER_THE_SOCKET = 200_000 if SOAKING else 20_000
#: Bytes the process may grow by meanwhile, for whatever Python and the allocator keep.
GROWTH = 16 * 1024 * 1024


def _hostile(chance: random.Random) -> list[bytes]:
    """Noise of every length, and noise that begins like STUN, DTLS, RTP and RTCP."""
    heads = [b"", b"\0\1", b"\x16\xfe\xfd", b"\x90\x60", b"\x81\xc8", b"\x8f\xcd"]
    return [heads[i % len(heads)] + chance.randbytes(chance.randrange(1, 1400)) for i in range(600)]


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.timeout(900)
def test_an_engine_with_a_live_call_takes_no_harm() -> None:
    network = Network()
    client, provider = network.pair()
    hostile = _hostile(random.Random(11))
    sources = [address(240), network.address_of(client), network.address_of(provider)]
    before = 0
    for i in range(INTO_THE_ENGINE):
        assert network.inject(hostile[i % 600], sources[(i + i // 600) % 3]) is None
        if i % 5000 == 0:
            network.run(0.05)
            if i == INTO_THE_ENGINE // 10:
                before = _resident_bytes()
    assert _resident_bytes() - before < GROWTH
    network.run(1)
    for side in ("client", "provider"):
        assert network.media(side).state == "flowing"  # type: ignore[arg-type]
    assert provider.counts.frames_decoded > 20
    assert len(network.engine.arrivals.by_source) == 2
    dropped = network.engine.counters.dropped
    assert set(dropped) <= KINDS
    # The few that look like DTLS and are within its limit are for the handshake to judge.
    assert dropped.total() > 0.99 * INTO_THE_ENGINE
    assert min(dropped[kind] for kind in ("unknown_source", "srtp_rejected", "dtls_flood")) > 1000


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.timeout(900)
async def test_a_relay_with_a_live_call_takes_no_harm() -> None:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    client, provider = SyntheticParticipant(decode=False), SyntheticParticipant(decode=False)
    attacker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        await client.connect(relay.join("call", "client", client.offer()))
        await provider.connect(relay.join("call", "provider", provider.offer()))
        await _until(lambda: min(client.packets_received, provider.packets_received) > 10)
        hostile = _hostile(random.Random(12))
        for i in range(OVER_THE_SOCKET):
            attacker.sendto(hostile[i % 600], ("127.0.0.1", relay.port))
            if i % 50 == 0:
                await asyncio.sleep(0)
        # Whatever the kernel had no room for was never the relay's.
        await _until(lambda: sum(relay.totals().dropped.values()) > OVER_THE_SOCKET // 2)
        received = client.packets_received, provider.packets_received
        await _until(lambda: client.packets_received > received[0] + 20)
        await _until(lambda: provider.packets_received > received[1] + 20)
        assert set(relay.totals().dropped) <= KINDS
        assert relay.totals().participants == 2
    finally:
        attacker.close()
        await client.close()
        await provider.close()
        await relay.close()
