"""Whatever comes in, nothing raises, nothing is forwarded, and the call goes on."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network import Network, address

from mediasrv.call.consumer import Consumer
from mediasrv.call.source import Source
from mediasrv.call.translation import Numbers, Translation, renumbered, translate
from mediasrv.rtcp.packets import make_nack
from mediasrv.rtp.header import ExtensionMap, find_extension, payload_offset, payload_size
from mediasrv.sdp.negotiation import negotiate
from mediasrv.sdp.offer import parse_offer
from mediasrv.synthetic.peer import Peer

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


KINDS = {
    "empty",
    "oversized",
    "unknown_source",
    "unknown_protocol",
    "short",
    "media_before_keys",
    "unknown_ssrc",
    "srtp_rejected",
    "srtcp_rejected",
    "rtcp_malformed",
    "dtls_flood",
    "handshake_limit",
    "stun_short",
    "stun_malformed",
    "stun_unexpected",
    "stun_oversized",
    "stun_unauthenticated",
    "stun_unknown_user",
    "stun_wrong_user",
    "stun_forged",
    "stun_replayed",
}


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


PICTURES = negotiate(parse_offer(Peer().offer()), None).media[1]


def _numbers() -> tuple[Numbers, Consumer]:
    received = Consumer("video", 200, 201)
    return Numbers({300: Source(300, PICTURES)}, {200: received, 201: received}), received


def _passed(out: Translation) -> bytes:
    """What goes on, to somebody who is sent both kinds."""
    return renumbered(
        out.passages, {"audio": Consumer("audio", 1, 0), "video": Consumer("video", 100, 101)}
    )


@given(st.binary(max_size=400))
def test_any_bytes_can_be_taken_for_rtcp(packet: bytes) -> None:
    numbers, _ = _numbers()
    out = translate(packet, numbers)
    passed = _passed(out)
    assert len(passed) <= len(packet) + 8
    assert len(passed) % 4 == 0 or out.malformed or passed


@given(
    st.lists(
        st.tuples(
            st.integers(0, 31),
            st.sampled_from([200, 201, 202, 203, 204, 205, 206, 207]),
            st.integers(0, 20),
            st.binary(min_size=0, max_size=120),
        ),
        max_size=6,
    )
)
def test_compounds_with_lying_counts_never_raise(
    packets: list[tuple[int, int, int, bytes]],
) -> None:
    numbers, _ = _numbers()
    data = b""
    for count, kind, words, body in packets:
        filled = (body + struct.pack("!II", 300, 200) * 4)[: 4 * words].ljust(4 * words, b"\1")
        data += struct.pack("!BBH", 0x80 | count, kind, words) + filled
    out = translate(data, numbers)
    passed = _passed(out)
    at = 0
    while at < len(passed):
        first, _, words = struct.unpack_from("!BBH", passed, at)
        assert first >> 6 == 2
        at += 4 + 4 * words
    assert at == len(passed)


@given(st.binary(min_size=12, max_size=200), st.integers(0, 255))
def test_header_extensions_stay_inside_the_packet(packet: bytes, wanted: int) -> None:
    view = memoryview(bytearray(packet))
    mapping = ExtensionMap({n: (n + 1) % 16 for n in range(1, 15)})
    mapping.apply(view, 0, len(view))
    found = find_extension(view, 0, len(view), wanted)
    assert found is None or len(found) < len(view)
    assert payload_offset(view, 0, len(view)) >= 12 or len(view) == 12
    assert 0 <= payload_size(view, 0, len(view)) <= len(view)


@given(st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=100))
@settings(max_examples=50)
def test_a_nack_says_exactly_what_was_lost(lost: set[int]) -> None:
    numbers, consumer = _numbers()
    out = translate(make_nack(9, 200, sorted(lost)), numbers)
    assert [c for c, _ in out.nacks] == [consumer]
    assert set(out.nacks[0][1]) == lost
