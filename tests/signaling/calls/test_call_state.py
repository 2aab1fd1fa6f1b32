"""The call's state machine, every state by every event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signaling.calls.events import (
    Abandoned,
    Accepted,
    Cancelled,
    Declined,
    Event,
    Exhausted,
    Funded,
    HungUp,
    MediaFlowing,
    MediaLost,
    ModeSet,
    Opened,
    OpenRefused,
    OperatorEnded,
    Paused,
    Pinned,
    Receipted,
    RelayLost,
    ResumeAsked,
    Resumed,
    Settled,
    SpendCapReached,
    TimedOut,
)
from signaling.calls.record import ANSWERED, OVER, Call, Mode, Reason, State
from signaling.calls.state import Effect, WrongStateError, due_at_ms, outstanding, step
from tests.signaling.call_records import T0, call_in, new_call

REFUSED = "refused"
SAME = "same"
S = State

# For each event: what becomes of each state. States not named are unchanged, final ones always
# so unless a command is refused there.
TABLE: list[tuple[str, Event, dict[State, str]]] = [
    ("opened", Opened(600), {S.OPENING: "ringing"}),
    ("open refused", OpenRefused(), {S.OPENING: "failed failed"}),
    (
        "accepted",
        Accepted(),
        dict.fromkeys(State, REFUSED) | {S.RINGING: "connecting"},
    ),
    (
        "declined",
        Declined(),
        dict.fromkeys(State, REFUSED) | {S.RINGING: "declined declined", S.DECLINED: SAME},
    ),
    (
        "cancelled",
        Cancelled(),
        {
            S.OPENING: "cancelled cancelled",
            S.RINGING: "cancelled cancelled",
            S.CONNECTING: REFUSED,
            S.LIVE: REFUSED,
            S.INTERRUPTED: REFUSED,
            S.PAUSED: REFUSED,
            S.ON_HOLD: REFUSED,
        },
    ),
    ("abandoned", Abandoned(), {S.RINGING: "cancelled cancelled"}),
    (
        "client hung up",
        HungUp("client"),
        {
            S.OPENING: "cancelled cancelled",
            S.RINGING: "cancelled cancelled",
            S.CONNECTING: "ended client_hung_up",
            S.LIVE: "ended client_hung_up",
            S.INTERRUPTED: "ended client_hung_up",
            S.PAUSED: "ended client_hung_up",
            S.ON_HOLD: "ended client_hung_up",
        },
    ),
    (
        "provider hung up",
        HungUp("provider"),
        {
            S.OPENING: REFUSED,
            S.RINGING: "declined declined",
            S.CONNECTING: "ended provider_hung_up",
            S.LIVE: "ended provider_hung_up",
            S.INTERRUPTED: "ended provider_hung_up",
            S.PAUSED: "ended provider_hung_up",
            S.ON_HOLD: "ended provider_hung_up",
        },
    ),
    (
        "operator ended",
        OperatorEnded(),
        {state: "ended operator_ended" for state in State if state not in OVER},
    ),
    (
        "spend cap reached",
        SpendCapReached(),
        dict.fromkeys(
            (S.CONNECTING, S.LIVE, S.INTERRUPTED, S.PAUSED, S.ON_HOLD), "ended spend_cap"
        ),
    ),
    ("joined the same relay", Pinned("r1", "r1"), {}),
    ("joined one when there is another", Pinned("r2"), {}),
    (
        "moved to another relay",
        Pinned("r2", "r1"),
        {state: state.value for state in ANSWERED},
    ),
    ("media flowing", MediaFlowing("r1"), {S.CONNECTING: "live", S.INTERRUPTED: "live"}),
    ("media flowing at another relay", MediaFlowing("r2"), {}),
    ("media lost", MediaLost("r1"), {S.LIVE: "interrupted", S.PAUSED: "interrupted"}),
    ("media lost at another relay", MediaLost("r2"), {}),
    (
        "relay lost",
        RelayLost("r1"),
        {
            S.CONNECTING: "connecting",
            S.LIVE: "interrupted",
            S.INTERRUPTED: "interrupted",
            S.PAUSED: "interrupted",
            S.ON_HOLD: "on_hold",
        },
    ),
    ("another relay lost", RelayLost("r2"), {}),
    (
        "exhausted",
        Exhausted(),
        {S.LIVE: "on_hold", S.PAUSED: "on_hold", S.INTERRUPTED: "on_hold"},
    ),
    ("funded", Funded(), {S.ON_HOLD: "live"}),
    (
        "paused",
        Paused(),
        dict.fromkeys(State, REFUSED) | {S.LIVE: "paused", S.PAUSED: SAME},
    ),
    ("resume asked", ResumeAsked(), dict.fromkeys(State, REFUSED) | {S.PAUSED: "paused"}),
    ("resumed", Resumed(), dict.fromkeys(State, REFUSED) | {S.PAUSED: "live"}),
    ("looked at early", TimedOut(), {}),
    ("mode set", ModeSet(Mode(True, True)), {}),
    ("receipted", Receipted(b"receipt"), {state: state.value for state in OVER}),
    ("settled", Settled(), {state: state.value for state in OVER}),
]


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize(
    ("event", "outcomes"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_every_event_in_every_state(state: State, event: Event, outcomes: dict[State, str]) -> None:
    call = call_in(state)
    outcome = outcomes.get(state, SAME)
    if outcome == REFUSED:
        with pytest.raises(WrongStateError):
            step(call, event, T0 + 1000)
        return
    after, effects = step(call, event, T0 + 1000)
    if outcome == SAME:
        assert after is call
        assert not effects
        return
    assert after != call
    expected_state, _, expected_reason = outcome.partition(" ")
    assert after.state == expected_state
    if after.over and not call.over:
        assert after.reason == expected_reason
        assert after.ended_at_ms == T0 + 1000
        assert after.deadline_at_ms is None
        assert effects == {Effect.SETTLE}
    elif not after.over:
        assert after.reason is None
        assert after.ended_at_ms is None


TIMEOUTS = {
    S.OPENING: "failed failed",
    S.RINGING: "no_answer no_answer",
    S.CONNECTING: "failed failed",
    S.INTERRUPTED: "ended media_lost",
    S.ON_HOLD: "ended balance_exhausted",
}


@pytest.mark.parametrize("state", list(State))
def test_every_deadline_fires_on_time_and_not_before(state: State) -> None:
    call = call_in(state)
    if state not in TIMEOUTS:
        assert call.deadline_at_ms is None
        assert step(call, TimedOut(), T0 + 10**9)[0] is call
        return
    assert call.deadline_at_ms is not None
    assert step(call, TimedOut(), call.deadline_at_ms - 1)[0] is call
    after, effects = step(call, TimedOut(), call.deadline_at_ms)
    assert f"{after.state} {after.reason}" == TIMEOUTS[state]
    assert effects == {Effect.SETTLE}


def run(call: Call, *events: Event, start_ms: int = T0, each_ms: int = 1000) -> Call:
    for n, event in enumerate(events, 1):
        call, _ = step(call, event, start_ms + n * each_ms)
    return call


def test_a_call_from_the_button_to_the_receipt() -> None:
    call = run(
        new_call(),
        Opened(600),
        Accepted(),
        Pinned("r1"),
        MediaFlowing("r1"),
        HungUp("client"),
        Receipted(b"r"),
        Settled(),
    )
    assert (call.state, call.reason) == (S.ENDED, Reason.CLIENT_HUNG_UP)
    assert (call.answered_at_ms, call.live_at_ms, call.ended_at_ms) == (
        T0 + 2000,
        T0 + 4000,
        T0 + 5000,
    )
    assert call.affordable_s == 600
    assert call.receipt == b"r"
    assert due_at_ms(call) is None
    assert not outstanding(call)


def test_live_begins_once_however_often_it_is_interrupted() -> None:
    call = run(call_in(S.CONNECTING), MediaFlowing("r1"), MediaLost("r1"), MediaFlowing("r1"))
    assert call.state is S.LIVE
    assert call.live_at_ms == T0 + 1000


def test_an_interruption_gives_thirty_seconds_from_its_own_start() -> None:
    call, _ = step(call_in(S.LIVE), MediaLost("r1"), T0 + 5000)
    again, _ = step(call, MediaLost("r1"), T0 + 9000)
    assert again is call
    assert due_at_ms(call) == T0 + 35_000


def test_going_on_hold_and_coming_back_tells_the_relay_both_times() -> None:
    held, effects = step(call_in(S.LIVE), Exhausted(), T0)
    assert effects == {Effect.SET_MODE}
    assert held.mode == Mode(forward=False, count=False)
    told, effects = step(held, ModeSet(Mode(False, False)), T0)
    assert not effects
    assert not told.mode_due
    back, effects = step(told, Funded(), T0)
    assert effects == {Effect.SET_MODE}
    assert back.mode == Mode(forward=True, count=True)


def test_a_mode_that_was_set_too_late_is_still_due() -> None:
    held, _ = step(call_in(S.LIVE), Exhausted(), T0)
    after, _ = step(held, ModeSet(Mode(True, True)), T0)
    assert after is held
    assert outstanding(held) == {Effect.SET_MODE}


def test_a_lost_relay_is_forgotten_and_its_fault_is_on_the_receipt() -> None:
    call, _ = step(call_in(S.LIVE), RelayLost("r1"), T0)
    assert (call.state, call.relay) == (S.INTERRUPTED, None)
    after, _ = step(call, TimedOut(), T0 + 30_000)
    assert after.reason is Reason.SERVER_LOST


def test_another_relay_takes_the_call_over() -> None:
    call = run(call_in(S.LIVE), RelayLost("r1"), Pinned("r2"), MediaFlowing("r2"))
    assert (call.state, call.relay, call.server_lost) == (S.LIVE, "r2", False)
    later = run(call, MediaLost("r2"), start_ms=T0 + 50_000)
    after, _ = step(later, TimedOut(), T0 + 200_000)
    assert after.reason is Reason.MEDIA_LOST


def test_a_relay_thought_dead_that_still_carries_the_media_gets_the_call_back() -> None:
    call = run(call_in(S.LIVE), RelayLost("r1"), MediaFlowing("r1"))
    assert (call.state, call.relay) == (S.LIVE, "r1")


def test_joining_a_new_relay_on_hold_sets_its_mode() -> None:
    call = run(call_in(S.ON_HOLD), RelayLost("r1"))
    after, effects = step(call, Pinned("r2"), T0)
    assert effects == {Effect.SET_MODE}
    assert after.relay == "r2"


def test_a_pause_survives_an_interruption_and_is_never_billed() -> None:
    paused, effects = step(call_in(S.LIVE), Paused(), T0)
    assert effects == {Effect.SET_MODE}
    paused = run(paused, ModeSet(Mode(True, False)))
    interrupted, effects = step(paused, MediaLost("r1"), T0 + 10_000)
    assert not effects
    assert not interrupted.mode.count
    back, _ = step(interrupted, MediaFlowing("r1"), T0 + 15_000)
    assert back.state is S.PAUSED
    assert back.paused_ms == 10_000
    live, effects = step(run(back, ResumeAsked()), Resumed(), T0 + 20_000)
    assert (live.state, live.paused_ms, live.resume_asked) == (S.LIVE, 15_000, False)
    assert effects == {Effect.SET_MODE}


def test_hanging_up_twice_is_hanging_up_once() -> None:
    over = run(call_in(S.LIVE), HungUp("client"))
    assert step(over, HungUp("provider"), T0 + 9000)[0] is over


def test_an_unsettled_call_stays_due_until_it_is_settled() -> None:
    over = run(call_in(S.LIVE), OperatorEnded())
    assert due_at_ms(over) == T0 + 1000
    receipted = run(over, Receipted(b"r"))
    assert outstanding(receipted) == {Effect.SETTLE}
    assert due_at_ms(run(receipted, Settled())) is None


@pytest.mark.parametrize("state", list(State))
def test_a_record_reads_back_as_it_was_written(state: State) -> None:
    call = replace(call_in(state), version=7)
    assert Call.unpack(call.pack(), 7) == call
