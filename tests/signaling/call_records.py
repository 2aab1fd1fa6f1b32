"""Call records for tests of the state machine and the store."""

from __future__ import annotations

from dataclasses import replace

from signaling.calls.record import OVER, Call, Reason, State
from signaling.calls.state import first_state
from signaling.pricing.rules import Timeouts

T0 = 1_700_000_000_000


def new_call(call_id: str = "0001-a", *, client: str = "ann", provider: str = "bob") -> Call:
    """A record as it is first written, at T0."""
    return first_state(
        Call(
            id=call_id,
            client_id=client,
            client_name=client.title(),
            provider_id=provider,
            provider_name=provider.title(),
            service_id="svc",
            service_slug="chess",
            service_title="Chess",
            tariff=b"tariff",
            limits=Timeouts(),
            created_at_ms=T0,
        )
    )


def call_in(state: State, *, relay: str | None = "r1") -> Call:
    """A call as it looks in a state: with the deadline, relay and times that state implies."""
    call = new_call()
    waits = {
        State.OPENING: 15,
        State.RINGING: 45,
        State.CONNECTING: 45,
        State.INTERRUPTED: 30,
        State.ON_HOLD: 60,
    }
    if state in OVER:
        reason = {State.ENDED: Reason.CLIENT_HUNG_UP}.get(state) or Reason(state.value)
        return replace(call, state=state, reason=reason, ended_at_ms=T0, deadline_at_ms=None)
    answered = state not in (State.OPENING, State.RINGING)
    talked = answered and state is not State.CONNECTING
    return replace(
        call,
        state=state,
        relay=relay if answered else None,
        answered_at_ms=T0 if answered else None,
        live_at_ms=T0 if talked else None,
        deadline_at_ms=T0 + waits[state] * 1000 if state in waits else None,
        paused_at_ms=T0 if state is State.PAUSED else None,
        resume_to=State.PAUSED if state is State.PAUSED else State.LIVE,
    )
