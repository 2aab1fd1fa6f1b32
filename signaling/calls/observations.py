"""What a relay's report means for a call: pure, told twice it means the same as once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metering.tariff import Tariff, affordable_seconds
from signaling.calls.events import (
    Event,
    Exhausted,
    Funded,
    MediaFlowing,
    MediaLost,
    SpendCapReached,
)
from signaling.calls.record import Call, State
from signaling.relays.ticks import Tick


def events_of(call: Call, tick: Tick) -> Iterator[Event]:
    """The events behind a tick, money first: who cannot pay is on hold, whatever the media do."""
    if call.relay not in (None, tick.relay):
        return  # a relay that lost the call and does not know it yet
    status = tick.meter["status"] if tick.meter else None
    if status in ("stale_epoch", "ended", "unknown_call"):
        return
    if tick.meter and status == "exhausted":
        yield from _used_up(call, tick.meter)
    elif tick.meter and call.state is State.ON_HOLD and tick.meter["affordable_s"] != 0:
        yield Funded()
    yield MediaFlowing(tick.relay) if tick.flowing else MediaLost(tick.relay)


def _used_up(call: Call, meter: Mapping[str, Any]) -> Iterator[Event]:
    """What a used-up meter tells of; nothing when the cap was raised since the meter was read."""
    cap = call.spending_cap_micros
    if cap is None or not _pays_on(call, meter["charged_micros"] + meter["balance_micros"], meter):
        yield Exhausted()
    elif not _pays_on(call, cap, meter):
        yield SpendCapReached()


def _pays_on(call: Call, money_micros: int, meter: Mapping[str, Any]) -> bool:
    """Whether a sum pays for more than the seconds that were charged."""
    affordable_s = affordable_seconds(Tariff.unpack(call.tariff), money_micros)
    return affordable_s is None or affordable_s > meter["seconds"]


def low_balance_points(
    points: tuple[int, ...], before_s: int | None, after_s: int | None
) -> int | None:
    """The lowest warning point that was passed between two ticks, if any was."""
    if before_s is None or after_s is None:
        return None
    return min((point for point in points if after_s <= point < before_s), default=None)
