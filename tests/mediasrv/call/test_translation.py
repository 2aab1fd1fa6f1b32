"""RTCP of one side is read whatever it says; what goes on of it is well formed."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from mediasrv.call.consumer import Consumer
from mediasrv.call.source import Source
from mediasrv.call.translation import Numbers, Translation, renumbered, translate
from mediasrv.rtcp.packets import make_nack
from mediasrv.sdp.negotiation import negotiate
from mediasrv.sdp.offer import parse_offer
from mediasrv.synthetic.peer import Peer

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


@given(st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=100))
@settings(max_examples=50)
def test_a_nack_says_exactly_what_was_lost(lost: set[int]) -> None:
    numbers, consumer = _numbers()
    out = translate(make_nack(9, 200, sorted(lost)), numbers)
    assert [c for c, _ in out.nacks] == [consumer]
    assert set(out.nacks[0][1]) == lost
