"""STUN checks of nobody known cost a look each, however made; a call beside them goes on."""

from __future__ import annotations

import secrets
import struct
import time

import pytest

from tests.mediasrv.network import Network, address

STRANGER = address(240)
#: Seconds of processor one of them may cost; aioice's parser took 0.0008 for the longest.
LOOK_S = 0.0001
MANY = 2000

INTEGRITY = struct.pack("!HH", 0x0008, 20) + bytes(20)


def _check(attributes: bytes) -> bytes:
    return (
        struct.pack("!HHI", 0x0001, len(attributes), 0x2112A442)
        + secrets.token_bytes(12)
        + attributes
    )


def _named(user: bytes) -> bytes:
    return struct.pack("!HH", 0x0006, len(user)) + user + bytes(-len(user) % 4)


@pytest.mark.parametrize(
    ("attributes", "counted_as"),
    [
        (struct.pack("!HHI", 0x0024, 4, 1) * 179, "stun_oversized"),
        (struct.pack("!HHQ", 0x802A, 8, 1) * 40, "stun_unauthenticated"),
        (struct.pack("!HH", 0x7FFF, 0) * 120, "stun_unauthenticated"),
        (_named(b"x" * 400 + b":y") + INTEGRITY, "stun_unknown_user"),
        (_named(b"nobody:here") + INTEGRITY, "stun_unknown_user"),
        (_named(b"\xff\xfe:\xff") + INTEGRITY, "stun_unknown_user"),
        (_named(b"nobody:here"), "stun_unauthenticated"),
        (struct.pack("!HH", 0x0006, 0xFFFF) + bytes(40), "stun_malformed"),
    ],
)
def test_a_check_of_a_stranger_costs_a_look(attributes: bytes, counted_as: str) -> None:
    network = Network()
    _, provider = network.pair()
    checks = [_check(attributes) for _ in range(MANY)]
    begun = time.process_time()
    for check in checks:
        network.inject(check, STRANGER)
    assert (time.process_time() - begun) / MANY < LOOK_S
    assert network.engine.counters.dropped == {counted_as: MANY}
    network.run(1)
    assert network.media("client").state == "flowing"
    assert provider.counts.frames_decoded > 20


@pytest.mark.parametrize("kind", [0x0003, 0x0024, 0x8028, 0x802A, 0x0020])
@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_short_attribute_of_somebody_known_is_survived(kind: int, size: int) -> None:
    network = Network()
    client, _ = network.pair()
    user = network.participant("client").connection.ice.local.ufrag.encode() + b":x"
    attribute = struct.pack("!HH", kind, size) + bytes(4 * bool(size))
    network.inject(_check(attribute + _named(user) + INTEGRITY), network.address_of(client))
    assert network.engine.counters.dropped == {"stun_wrong_user": 1}
