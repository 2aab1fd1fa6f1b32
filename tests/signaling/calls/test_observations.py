"""What a relay's report means for a call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from metering.tariff import Tariff
from signaling.calls.events import Exhausted, Funded, MediaFlowing, MediaLost, SpendCapReached
from signaling.calls.observations import events_of, low_balance_points
from signaling.calls.record import Call, State
from signaling.relays.ticks import KEEP_MS, Tick, TickBoard
from tests.signaling.call_records import call_in

TARIFF = Tariff("USD", 600_000, 60, 60, "retroactive", 1, 1, 1500, 2, 1)


def tick(
    status: str = "ok",
    *,
    client: str | None = "flowing",
    provider: str | None = "flowing",
    relay: str = "r1",
    **meter: Any,
) -> Tick:
    numbers = {"seconds": 100, "charged_micros": 1_000_000, "balance_micros": 0}
    sides = {"client": client, "provider": provider}
    return Tick(
        call_id="0001-a",
        relay=relay,
        received_ms=0,
        meter={"status": status, "affordable_s": 5} | numbers | meter,
        media={side: {"state": state} if state else None for side, state in sides.items()},
    )


def call(state: State, **changes: Any) -> Call:
    return replace(call_in(state), tariff=TARIFF.pack(), **changes)


@pytest.mark.parametrize("other", ["connecting", "connected", "interrupted", "gone", None])
def test_media_flow_only_when_both_sides_do(other: str | None) -> None:
    live = call(State.LIVE)
    assert list(events_of(live, tick())) == [MediaFlowing("r1")]
    assert list(events_of(live, tick(client=other))) == [MediaLost("r1")]
    assert list(events_of(live, tick(provider=other))) == [MediaLost("r1")]


def test_a_relay_that_does_not_carry_the_call_is_not_heard() -> None:
    assert list(events_of(call(State.LIVE), tick(relay="r2"))) == []
    assert list(events_of(call(State.INTERRUPTED, relay=None), tick(relay="r2"))) == [
        MediaFlowing("r2")
    ]


@pytest.mark.parametrize("status", ["stale_epoch", "ended", "unknown_call"])
def test_a_relay_that_lost_the_call_in_the_books_is_not_heard(status: str) -> None:
    assert list(events_of(call(State.LIVE), tick(status))) == []


def test_used_up_money_comes_before_what_the_media_do() -> None:
    events = list(events_of(call(State.LIVE), tick("exhausted", affordable_s=0)))
    assert events == [Exhausted(), MediaFlowing("r1")]


def test_money_on_hold_is_noticed_when_it_is_enough_for_a_second() -> None:
    held = call(State.ON_HOLD)
    assert Funded() not in list(events_of(held, tick(affordable_s=0)))
    assert Funded() in list(events_of(held, tick(affordable_s=1)))
    assert Funded() in list(events_of(held, tick(affordable_s=None)))


def test_the_clients_own_cap_ends_the_call_only_if_money_is_left() -> None:
    capped = call(State.LIVE, spending_cap_micros=1_000_000)
    left = tick("exhausted", affordable_s=0, balance_micros=3_000_000)
    assert SpendCapReached() in list(events_of(capped, left))
    nothing_left = tick("exhausted", affordable_s=0, balance_micros=9_999)
    assert Exhausted() in list(events_of(capped, nothing_left))


def test_a_report_from_before_the_cap_was_raised_ends_nothing() -> None:
    raised = call(State.LIVE, spending_cap_micros=2_000_000)
    used_up = tick("exhausted", affordable_s=0, balance_micros=3_000_000)
    assert list(events_of(raised, used_up)) == [MediaFlowing("r1")]


@pytest.mark.parametrize(
    ("before", "after", "point"),
    [
        (301, 300, 300),
        (300, 299, None),
        (400, 100, 120),
        (31, 29, 30),
        (20, 19, None),
        (100, 500, None),
        (None, 10, None),
        (10, None, None),
    ],
)
def test_each_warning_point_is_passed_once(
    before: int | None, after: int | None, point: int | None
) -> None:
    assert low_balance_points((300, 120, 30), before, after) == point


def test_the_board_forgets_calls_that_are_no_longer_told_of() -> None:
    board = TickBoard()
    board.put(tick())
    board.forget(KEEP_MS)
    assert board.meter("0001-a") is not None
    board.forget(KEEP_MS + 1)
    assert board.get("0001-a") is None
