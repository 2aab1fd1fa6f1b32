"""Transport-wide feedback says exactly what arrived, and when, whatever the network did."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediasrv.rtcp.arrival_log import MAX_ARRIVALS, MAX_PACKETS, ArrivalLog
from mediasrv.rtcp.transport_cc import REFERENCE_TICKS, TICKS_PER_S, read_feedback


def _told(packets: list[bytes]) -> dict[int, float | None]:
    """What a browser would take from these packets: seconds by number, None for lost."""
    found: dict[int, float | None] = {}
    for packet in packets:
        assert len(packet) % 4 == 0
        assert int.from_bytes(packet[2:4]) == len(packet) // 4 - 1
        told = read_feedback(packet)
        assert told is not None
        for i, tick in enumerate(told.ticks):
            at = None if tick is None else (told.reference * REFERENCE_TICKS + tick) / TICKS_PER_S
            found[told.base + i & 0xFFFF] = at
    return found


def _note(log: ArrivalLog, arrivals: list[tuple[int, float]]) -> None:
    for number, at in arrivals:
        log.note(number, at)


def _log(arrivals: list[tuple[int, float]]) -> ArrivalLog:
    log = ArrivalLog()
    _note(log, arrivals)
    return log


def test_the_bytes_are_those_of_the_draft() -> None:
    # Numbers 10 and 11 came at 64 ms and a millisecond later: one run of two small deltas.
    (packet,) = _log([(10, 0.064), (11, 0.065)]).feedback(0x01020304, 0x05060708)
    assert packet.hex(" ", 4) == "8fcd0005 01020304 05060708 000a0002 00000100 20020004"


def test_every_arrival_is_told_to_a_quarter_of_a_millisecond() -> None:
    arrivals = [(i, 100 + 0.0123 * i) for i in range(300)]
    log, found = ArrivalLog(), {}
    for number, at in arrivals:
        log.note(number, at)
        if number % 13 == 12:
            found.update(_told(log.feedback(1, 2)))
    found.update(_told(log.feedback(1, 2)))
    assert found.keys() == {number for number, _ in arrivals}
    for number, at in arrivals:
        told = found[number]
        assert told is not None
        assert abs(at - told) <= 0.5 / TICKS_PER_S + 1e-9


def test_numbers_wrap() -> None:
    log = _log([(0xFFFE, 1.0), (0xFFFF, 1.01), (0, 1.02), (1, 1.03)])
    assert list(_told(log.feedback(1, 2))) == [0xFFFE, 0xFFFF, 0, 1]
    log.note(2, 1.04)
    assert list(_told(log.feedback(1, 2))) == [2]


def test_a_few_scattered_losses_are_not_told_and_many_are() -> None:
    chance = random.Random(1)

    def lost_of(share: float) -> set[int]:
        log = ArrivalLog()
        found: dict[int, float | None] = {}
        for i in range(1000):
            if chance.random() >= share:
                log.note(i, i / 100)
            if i % 10 == 9:
                found.update(_told(log.feedback(1, 2)))
        return {number for number, at in found.items() if at is None}

    assert lost_of(0.05) == set()
    assert len(lost_of(0.4)) > 300


def test_a_burst_of_losses_is_told_at_once() -> None:
    log = _log([(i, i / 100) for i in range(100)])
    log.feedback(1, 2)
    _note(log, [(110, 1.1), (111, 1.11)])
    found = _told(log.feedback(1, 2))
    assert [n for n, at in found.items() if at is None] == list(range(100, 110))


def test_a_late_one_is_told_again_and_nothing_around_it() -> None:
    log = _log([(i, i / 100) for i in range(20)])
    log.feedback(1, 2)
    _note(log, [(30, 0.3), (31, 0.31)])
    assert _told(log.feedback(1, 2))[25] is None
    _note(log, [(32, 0.32), (25, 0.321)])
    found = _told(log.feedback(1, 2))
    assert found.keys() == {25, 32}
    assert None not in found.values()


def test_a_duplicate_counts_once_with_its_first_arrival() -> None:
    found = _told(_log([(5, 1.0), (6, 1.01), (5, 1.5)]).feedback(1, 2))
    assert found == {5: 1.0, 6: 1.01}


def test_a_sender_that_begins_anew_is_followed_and_the_jump_is_no_loss() -> None:
    log = _log([(100, 1.0)])
    log.feedback(1, 2)
    for start in (20_000, 3000, 60_000):
        _note(log, [(start, 2.0), (start + 1, 2.01)])
        assert _told(log.feedback(1, 2)) == {start: 2.0, start + 1: 2.01}
    log.note(60_002, 3.0)
    assert list(_told(log.feedback(1, 2))) == [60_002]


def test_a_silence_too_long_for_a_delta_begins_a_new_packet() -> None:
    packets = _log([(1, 1.0), (2, 1.01), (3, 30.0)]).feedback(1, 2)
    assert len(packets) == 2
    assert _told(packets) == {1: 1.0, 2: 1.01, 3: 30.0}
    assert [packet[19] for packet in packets] == [0, 1]


def test_the_reference_time_wraps_after_twelve_days() -> None:
    late = 2**24 * 0.064 + 1
    told = read_feedback(_log([(1, late)]).feedback(1, 2)[0])
    assert told is not None
    assert told.reference == 15


def test_memory_and_output_are_bounded_whatever_comes() -> None:
    chance = random.Random(3)
    log = ArrivalLog()
    for _ in range(3):
        for _ in range(3 * MAX_ARRIVALS):
            log.note(chance.randrange(65_536), chance.random() * 1000)
        assert len(log.arrivals) == MAX_ARRIVALS
        packets = log.feedback(1, 2)
        assert len(packets) <= MAX_PACKETS
        assert all(len(packet) < 1200 for packet in packets)
        assert not log.arrivals
    assert log.feedback(1, 2) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(0, 40_000).map(lambda tick: tick / 4000)),
        min_size=1,
        max_size=120,
    )
)
def test_any_arrivals_can_be_read_back(arrivals: list[tuple[int, float]]) -> None:
    packets = _log(arrivals).feedback(1, 2)
    first: dict[int, float] = {}
    for number, at in arrivals:
        first.setdefault(number, at)
    came = {n: at for n, at in _told(packets).items() if at is not None}
    # Only wild reordering makes more packets than are sent at once.
    assert came.items() <= first.items()
    assert came == first or len(packets) == MAX_PACKETS


@given(st.binary(max_size=120))
def test_any_bytes_can_be_taken_for_feedback(body: bytes) -> None:
    told = read_feedback(b"\x8f\xcd" + body)
    assert told is None or len(told.ticks) <= 2048


@pytest.mark.parametrize("cut", range(1, 13))
def test_feedback_that_lies_about_its_length_is_refused(cut: int) -> None:
    (packet,) = _log([(i, i / 7) for i in range(0, 60, 20)]).feedback(1, 2)
    assert read_feedback(packet) is not None
    assert read_feedback(packet[:-cut]) is None or cut <= packet[-1]


def test_a_long_gap_takes_no_more_room_than_a_short_one() -> None:
    log = _log([(0, 1.0)])
    log.feedback(1, 2)
    log.note(1900, 1.1)
    (packet,) = log.feedback(1, 2)
    assert len(packet) < 40
    assert list(_told([packet]).values()) == [None] * 1899 + [1.1]
