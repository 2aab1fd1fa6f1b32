"""Ever new SSRCs of one participant cost others nothing: they are soon not decrypted."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator

import pytest

from mediasrv.call.inbound import MAX_SOURCES, MAX_STRANGERS
from mediasrv.synthetic.peer import Peer
from tests.mediasrv.network import Network

SSRCS = 12_000


def _media(peer: Peer, payload_type: int, size: int) -> Iterator[bytes]:
    srtp = peer.transport.srtp
    assert srtp is not None
    for ssrc in range(0x5000_0000, 0x5000_0000 + SSRCS):
        yield srtp.protect(struct.pack("!BBHII", 0x80, payload_type, 1, 0, ssrc) + bytes(size))


def _reports(peer: Peer) -> Iterator[bytes]:
    srtp = peer.transport.srtp
    assert srtp is not None
    for ssrc in range(0x5000_0000, 0x5000_0000 + SSRCS):
        yield srtp.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 1, ssrc))


@pytest.mark.parametrize(
    "kind", ["of a known section", "of no section", "too long for the path", "in reports"]
)
def test_the_last_of_many_ssrcs_costs_what_the_first_did(kind: str) -> None:
    network = Network()
    attacker = network.join("client", call="attack")
    _, innocent = network.pair()
    packets = {
        "of a known section": _media(attacker, 111, 20),
        "of no section": _media(attacker, 77, 20),
        "too long for the path": _media(attacker, 77, 1380),
        "in reports": _reports(attacker),
    }[kind]
    # Made by libsrtp too, which keeps what it sends as well: a fresh side for each is no attack.
    ready = list(packets)
    key = network.address_of(attacker)
    spent = []
    for part in (ready[:1000], ready[-1000:]):
        begun = time.process_time()
        for packet in part:
            network.inject(packet, key)
        spent.append(time.process_time() - begun)
        for packet in ready[1000:-1000]:
            network.inject(packet, key)
        ready = ready[-1000:]
    assert spent[1] < 2 * spent[0] + 0.01
    dropped = network.engine.counters.dropped["unknown_ssrc"]
    assert dropped >= SSRCS - MAX_SOURCES - MAX_STRANGERS
    network.run(1)
    assert network.media("client").state == "flowing"
    assert innocent.counts.frames_decoded > 20


def test_a_stream_of_no_section_leaves_room_for_one_that_is() -> None:
    network = Network()
    client, provider = network.pair()
    key = network.address_of(client)
    packets = list(_media(client, 77, 20))[: MAX_STRANGERS - 1]
    for packet in packets:
        network.inject(packet, key)
    srtp = client.transport.srtp
    assert srtp is not None
    late = struct.pack("!BBHII", 0x80, 111, 1, 0, 0x6000_0000) + b"\xf8\xff\xfe"
    assert network.inject(srtp.protect(late), key) is not None
    assert network.participant("client").inbound.strangers == set(range(0x5000_0000, 0x5000_0007))
    assert provider.connected
