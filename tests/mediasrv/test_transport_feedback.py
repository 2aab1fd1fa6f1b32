"""A sender is shown the losses of the worse hop, not the sum of both."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediasrv.transport_feedback import LossThinner, read, share_to_report, write

HEAD = struct.pack("!BBHIIHHI", 0x8F, 205, 0, 1, 2, 1000, 0, 0x00123405)

STATUSES = st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=300)


def _packet(statuses: list[int]) -> bytes:
    head = HEAD[:14] + struct.pack("!H", len(statuses)) + HEAD[16:]
    deltas = [(s, 40 + i % 100 if s == 1 else -300 - i) for i, s in enumerate(statuses) if s]
    return write(head, statuses, deltas)


@given(STATUSES)
def test_what_is_written_is_read(statuses: list[int]) -> None:
    packet = _packet(statuses)
    parsed = read(packet)
    assert parsed is not None
    assert parsed[0] == statuses
    assert len(packet) % 4 == 0
    assert len(packet) == 4 + 4 * struct.unpack_from("!H", packet, 2)[0]


def test_run_length_and_one_bit_chunks_are_read() -> None:
    head = HEAD[:14] + struct.pack("!H", 17) + HEAD[16:]
    chunks = struct.pack("!HH", 1 << 13 | 3, 0x8000 | 0b10110000000001)
    parsed = read(head + chunks + bytes(7))
    assert parsed is not None
    assert parsed[0] == [1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]


@given(STATUSES, st.floats(0.5, 1.0))
def test_received_packets_keep_their_times(statuses: list[int], share: float) -> None:
    thinner = LossThinner()
    thinner.share = share
    before = read(_packet(statuses))
    after_packet = thinner.apply(_packet(statuses))
    assert before is not None
    assert after_packet is not None
    after = read(after_packet)
    assert after is not None

    def arrivals(parsed: tuple[list[int], list[tuple[int, int]]]) -> dict[int, int]:
        clock, found, deltas = 0, {}, iter(parsed[1])
        for i, status in enumerate(parsed[0]):
            if status:
                clock += next(deltas)[1]
                found[i] = clock
        return found

    old, new = arrivals(before), arrivals(after)
    assert {i: new[i] for i in old} == old
    assert len(new) >= len(old)


def test_half_of_the_losses_are_shown_when_both_hops_lose_alike() -> None:
    thinner = LossThinner()
    thinner.share = share_to_report(0.05, 0.0975)
    shown = 0
    for _ in range(100):
        packet = thinner.apply(_packet([1, 0, 1, 1, 0, 1, 1, 1, 1, 1]))
        assert packet is not None
        parsed = read(packet)
        assert parsed is not None
        shown += parsed[0].count(0)
    assert 95 <= shown <= 110


@pytest.mark.parametrize(
    ("uplink", "reported", "share"),
    [(0.0, 0.2, 1.0), (0.1, 0.1, 1.0), (0.0, 0.0, 1.0), (0.05, 0.0975, 0.513), (0.02, 0.3, 0.952)],
)
def test_losses_of_one_hop_alone_are_shown_whole(
    uplink: float, reported: float, share: float
) -> None:
    assert share_to_report(uplink, reported) == pytest.approx(share, abs=0.01)


@given(st.binary(max_size=120))
def test_feedback_with_lying_lengths_is_refused(noise: bytes) -> None:
    thinner = LossThinner()
    thinner.share = 0.5
    packet = thinner.apply(HEAD + noise)
    assert packet is None or read(packet) is not None
