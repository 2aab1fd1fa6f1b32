"""Whatever comes in, nothing raises, nothing is forwarded, and the call goes on."""

from __future__ import annotations

import random
import struct

import pytest

from tests.mediasrv.attacks.kinds import KINDS
from tests.mediasrv.network import Network, address

STRANGER = address(240)
LENGTHS = (*range(64), 127, 128, 255, 576, 1199, 1356, 1357, 1499, 1500, 1501, 1700)


def _network(phase: str) -> tuple[Network, bytes]:
    network = Network()
    if phase == "after the handshake":
        client, _ = network.pair()
    else:
        client = network.join("client")
        for datagram in client.tick(network.now):
            network.inject(datagram, network.address_of(client))
    return network, network.address_of(client)


@pytest.mark.parametrize("phase", ["before the handshake", "after the handshake"])
@pytest.mark.parametrize("known", [True, False])
def test_every_length_of_every_kind_is_survived(phase: str, known: bool) -> None:
    network, key = _network(phase)
    source = key if known else STRANGER
    chance = random.Random(7)
    for first in range(256):
        for length in LENGTHS if first % 16 in (0, 1, 6) else LENGTHS[:40:3]:
            datagram = bytes([first]) + chance.randbytes(length - 1) if length else b""
            assert network.inject(datagram, source) is None
    counted = sum(network.engine.counters.dropped.values())
    assert counted > 5000
    assert set(network.engine.counters.dropped) <= KINDS


def test_truncated_and_damaged_copies_of_real_datagrams_are_survived() -> None:
    network = Network()
    network.recording = True
    client, _ = network.pair()
    network.run(1.1)
    network.recording = False
    key = network.address_of(client)
    real = [d for d, k in network.sent_up if k == key]
    kinds: dict[tuple[int, int], bytes] = {}
    for datagram in real:
        kinds.setdefault((datagram[0], datagram[1] if datagram[0] > 127 else 0), datagram)
    assert len(kinds) >= 5
    for datagram in kinds.values():
        for length in range(len(datagram)):
            network.inject(datagram[:length], key)
        for at in range(min(len(datagram), 120)):
            damaged = bytearray(datagram)
            damaged[at] ^= 0xFF
            network.inject(bytes(damaged), key)
    network.run(1)
    assert network.media("client").state == "flowing"


def test_authenticated_nonsense_inside_srtcp_is_survived() -> None:
    network = Network()
    client, provider = network.pair()
    key = network.address_of(client)
    srtp = client.transport.srtp
    assert srtp is not None
    chance = random.Random(5)
    for kind in range(192, 224):
        for words in (0, 1, 2, 3, 5, 40):
            for flags in (0x80, 0x9F, 0xA1, 0x8F):
                body = chance.randbytes(4 * chance.randrange(1, 12))
                packet = struct.pack("!BBH", flags, kind, words) + body
                network.inject(srtp.protect_rtcp(packet), key)
    network.run(1)
    assert network.media("client").state == "flowing"
    assert provider.counts.frames_decoded > 20


def test_a_stream_nobody_announced_is_adopted_by_payload_type_but_not_without_end() -> None:
    network = Network()
    client, _ = network.pair()
    key = network.address_of(client)
    srtp = client.transport.srtp
    assert srtp is not None
    for ssrc in range(100):
        packet = struct.pack("!BBHII", 0x80, 111, 1, 0, 0x5000_0000 + ssrc) + bytes(20)
        network.inject(srtp.protect(packet), key)
    assert len(network.participant("client").inbound.sources) == 16
    assert len(network.participant("client").inbound.strangers) == 8
    assert network.engine.counters.dropped["unknown_ssrc"] > 50
