"""The call's state machine: (call, event, now) → (call, what to do about it), without I/O or clock.

```
opening → ringing → connecting → live ⇄ interrupted | paused | on_hold → ended
            └→ declined | no_answer | cancelled | failed
```

*Commands* (a person pressed something) that do not fit the state raise `WrongStateError`.
*Observations* (media, money, a deadline) that do not fit are no change at all: they come from
several processes, late and more than once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Any

from signaling.calls.events import (
    Abandoned,
    Accepted,
    Cancelled,
    CapRaised,
    CapSet,
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
from signaling.calls.record import ANSWERED, Call, Mode, Reason, State
from signaling.kernel.problems import ProblemError


class WrongStateError(ProblemError):
    """The command does not fit the state the call is in."""

    def __init__(self, detail: str) -> None:
        super().__init__("wrong_state", detail)


class Effect(StrEnum):
    """What a step leaves to be done; each may be done twice, and is found again after a crash."""

    SET_MODE = "set_mode"  # tell the relay to forward or not, to count or not
    SET_CAP = "set_cap"  # tell the books how much the client is willing to pay
    SETTLE = "settle"  # close the media, end the call in the books, write the receipt


def first_state(call: Call) -> Call:
    """A new record as it is first written: opening, with the deadline of a crashed opener."""
    deadline = call.created_at_ms + call.limits.opening_s * 1000
    return replace(call, state=State.OPENING, deadline_at_ms=deadline)


def step(call: Call, event: Event, now_ms: int) -> tuple[Call, frozenset[Effect]]:
    """The call after the event, and what is to be done if it changed.

    An unchanged call comes back as the same object with no effects. Raises WrongStateError.
    """
    after = _HANDLERS[type(event)](call, event, now_ms)
    if after == call:
        return call, frozenset()
    return after, outstanding(after)


def outstanding(call: Call) -> frozenset[Effect]:
    """What is still to be done for a call as recorded: how a crash between steps is mended."""
    if call.over:
        return frozenset() if call.settled else frozenset({Effect.SETTLE})
    due = {Effect.SET_CAP: call.cap_due, Effect.SET_MODE: call.mode_due and bool(call.relay)}
    return frozenset(effect for effect, is_due in due.items() if is_due)


def due_at_ms(call: Call) -> int | None:
    """When somebody must look at the call although nothing happened; None for never."""
    if call.over:
        return None if call.settled else call.ended_at_ms
    return call.deadline_at_ms


def _enter(call: Call, state: State, now_ms: int, **changes: Any) -> Call:
    """Change state with what every change carries: deadline, pause clock, relay mode, the end."""
    limits = call.limits
    wait_s = {
        State.RINGING: limits.ring_s,
        State.CONNECTING: limits.connecting_s,
        State.INTERRUPTED: limits.interrupted_s,
        State.ON_HOLD: limits.on_hold_s,
    }.get(state)
    after = replace(
        call,
        state=state,
        deadline_at_ms=None if wait_s is None else now_ms + wait_s * 1000,
        resume_asked=False,
        **changes,
    )
    if call.paused_at_ms is not None and state is not State.PAUSED:
        paused_ms = call.paused_ms + max(0, now_ms - call.paused_at_ms)
        after = replace(after, paused_at_ms=None, paused_ms=paused_ms)
    elif call.paused_at_ms is None and state is State.PAUSED:
        after = replace(after, paused_at_ms=now_ms)
    if after.over:
        return replace(after, ended_at_ms=now_ms, mode_due=False, cap_due=False)
    if after.mode != call.mode:
        after = replace(after, mode_due=True)
    return after


def _end(call: Call, reason: Reason, now_ms: int) -> Call:
    return _enter(call, State.ENDED, now_ms, reason=reason)


def _resume(call: Call, now_ms: int) -> Call:
    """Media flow and there is money: live, or paused if the clock was stopped before."""
    live_at_ms = now_ms if call.live_at_ms is None else call.live_at_ms
    return _enter(call, call.resume_to, now_ms, live_at_ms=live_at_ms, server_lost=False)


def _opened(call: Call, event: Opened, now_ms: int) -> Call:
    if call.state is not State.OPENING:
        return call
    return _enter(call, State.RINGING, now_ms, affordable_s=event.affordable_s)


def _open_refused(call: Call, _: OpenRefused, now_ms: int) -> Call:
    if call.state is not State.OPENING:
        return call
    return _enter(call, State.FAILED, now_ms, reason=Reason.FAILED)


def _accepted(call: Call, _: Accepted, now_ms: int) -> Call:
    if call.state is State.RINGING:
        return _enter(call, State.CONNECTING, now_ms, answered_at_ms=now_ms)
    if call.state in ANSWERED:
        raise WrongStateError("This call has already been answered.")
    if call.state is State.OPENING:
        raise WrongStateError("This call does not ring yet.")
    raise WrongStateError("This call is over.")


def _declined(call: Call, _: Declined, now_ms: int) -> Call:
    if call.state is State.DECLINED:
        return call
    if call.state is not State.RINGING:
        raise WrongStateError("Only a ringing call can be declined.")
    return _enter(call, State.DECLINED, now_ms, reason=Reason.DECLINED)


def _cancelled(call: Call, _: Cancelled, now_ms: int) -> Call:
    if call.over:
        return call
    if call.state in ANSWERED:
        raise WrongStateError("This call has been answered; hang up instead.")
    return _enter(call, State.CANCELLED, now_ms, reason=Reason.CANCELLED)


def _abandoned(call: Call, _: Abandoned, now_ms: int) -> Call:
    if call.state is not State.RINGING:
        return call
    return _enter(call, State.CANCELLED, now_ms, reason=Reason.CANCELLED)


def _hung_up(call: Call, event: HungUp, now_ms: int) -> Call:
    if call.over:
        return call
    if call.state not in ANSWERED:
        if event.side == "client":
            return _cancelled(call, Cancelled(), now_ms)
        return _declined(call, Declined(), now_ms)
    client = event.side == "client"
    return _end(call, Reason.CLIENT_HUNG_UP if client else Reason.PROVIDER_HUNG_UP, now_ms)


def _operator_ended(call: Call, _: OperatorEnded, now_ms: int) -> Call:
    return call if call.over else _end(call, Reason.OPERATOR_ENDED, now_ms)


def _spend_cap_reached(call: Call, _: SpendCapReached, now_ms: int) -> Call:
    return _end(call, Reason.SPEND_CAP, now_ms) if call.state in ANSWERED else call


def _cap_raised(call: Call, event: CapRaised, _: int) -> Call:
    cap, known = event.spending_cap_micros, call.spending_cap_micros
    if call.state not in ANSWERED:
        raise WrongStateError("This call is over." if call.over else "Not answered yet.")
    if cap == known:
        return call
    if known is None:
        raise WrongStateError("This call has no limit.")
    if cap is not None and cap < known:
        raise WrongStateError("The limit of a running call can only be raised.")
    return replace(call, spending_cap_micros=cap, cap_due=True)


def _cap_set(call: Call, event: CapSet, _: int) -> Call:
    if call.over or call.spending_cap_micros != event.spending_cap_micros:
        return call
    return replace(call, cap_due=False)


def _pinned(call: Call, event: Pinned, _: int) -> Call:
    if call.state not in ANSWERED or call.relay != event.instead_of or call.relay == event.relay:
        return call
    # A relay starts a call forwarding and counting; tell it when the state is another.
    return replace(call, relay=event.relay, mode_due=call.mode != Mode(forward=True, count=True))


def _media_flowing(call: Call, event: MediaFlowing, now_ms: int) -> Call:
    if call.relay is None and call.state in ANSWERED:
        call = _pinned(call, Pinned(event.relay), now_ms)  # it was only thought to be dead
    if call.relay != event.relay or call.state not in (State.CONNECTING, State.INTERRUPTED):
        return call
    return _resume(call, now_ms)


def _media_lost(call: Call, event: MediaLost, now_ms: int) -> Call:
    if call.relay != event.relay:
        return call
    return _interrupt(call, now_ms)


def _relay_lost(call: Call, event: RelayLost, now_ms: int) -> Call:
    if call.relay != event.relay or call.state not in ANSWERED:
        return call
    return replace(_interrupt(call, now_ms), relay=None, server_lost=True)


def _interrupt(call: Call, now_ms: int) -> Call:
    if call.state not in (State.LIVE, State.PAUSED):
        return call
    return _enter(call, State.INTERRUPTED, now_ms, resume_to=call.state)


def _exhausted(call: Call, _: Exhausted, now_ms: int) -> Call:
    if call.state is State.INTERRUPTED:
        return _enter(call, State.ON_HOLD, now_ms)
    if call.state in (State.LIVE, State.PAUSED):
        return _enter(call, State.ON_HOLD, now_ms, resume_to=call.state)
    return call


def _funded(call: Call, _: Funded, now_ms: int) -> Call:
    # If the media are gone meanwhile, the next report of the relay interrupts the call.
    return _resume(call, now_ms) if call.state is State.ON_HOLD else call


def _paused(call: Call, _: Paused, now_ms: int) -> Call:
    if call.state is State.PAUSED:
        return replace(call, resume_asked=False)
    if call.state is not State.LIVE:
        raise WrongStateError("Only a running clock can be paused.")
    return _enter(call, State.PAUSED, now_ms, resume_to=State.PAUSED)


def _resume_asked(call: Call, _: ResumeAsked, __: int) -> Call:
    if call.state is not State.PAUSED:
        raise WrongStateError("The clock of this call is not paused.")
    return replace(call, resume_asked=True)


def _resumed(call: Call, _: Resumed, now_ms: int) -> Call:
    if call.state is not State.PAUSED:
        raise WrongStateError("The clock of this call is not paused.")
    return _enter(call, State.LIVE, now_ms, resume_to=State.LIVE)


def _timed_out(call: Call, _: TimedOut, now_ms: int) -> Call:
    if call.over or call.deadline_at_ms is None or now_ms < call.deadline_at_ms:
        return call
    if call.state in (State.OPENING, State.CONNECTING):
        return _enter(call, State.FAILED, now_ms, reason=Reason.FAILED)
    if call.state is State.RINGING:
        return _enter(call, State.NO_ANSWER, now_ms, reason=Reason.NO_ANSWER)
    if call.state is State.ON_HOLD:
        return _end(call, Reason.BALANCE_EXHAUSTED, now_ms)
    return _end(call, Reason.SERVER_LOST if call.server_lost else Reason.MEDIA_LOST, now_ms)


def _mode_set(call: Call, event: ModeSet, _: int) -> Call:
    if call.over or call.mode != event.mode:
        return call
    return replace(call, mode_due=False)


def _receipted(call: Call, event: Receipted, _: int) -> Call:
    return replace(call, receipt=event.receipt) if call.over and call.receipt is None else call


def _settled(call: Call, _: Settled, __: int) -> Call:
    return replace(call, settled=True) if call.over else call


_HANDLERS: dict[type[Event], Callable[[Call, Any, int], Call]] = {
    Opened: _opened,
    OpenRefused: _open_refused,
    Accepted: _accepted,
    Declined: _declined,
    Cancelled: _cancelled,
    Abandoned: _abandoned,
    HungUp: _hung_up,
    OperatorEnded: _operator_ended,
    SpendCapReached: _spend_cap_reached,
    CapRaised: _cap_raised,
    CapSet: _cap_set,
    Pinned: _pinned,
    MediaFlowing: _media_flowing,
    MediaLost: _media_lost,
    RelayLost: _relay_lost,
    Exhausted: _exhausted,
    Funded: _funded,
    Paused: _paused,
    ResumeAsked: _resume_asked,
    Resumed: _resumed,
    TimedOut: _timed_out,
    ModeSet: _mode_set,
    Receipted: _receipted,
    Settled: _settled,
}
