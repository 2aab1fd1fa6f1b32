"""From the facts a script stored about an ended call to the receipt a person can recompute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metering.store.rows import PAUSE, SPAN
from metering.tariff import Tariff, billed_seconds, free_seconds


@dataclass(frozen=True)
class CallReceipt:
    """All that is needed to recompute a call's charge by hand.

    `connected_s` proven and charged for (by the tariff), `free_s` of them free, `billed_s` after
    increments, `paused_s` with the clock stopped, `overrun_s` proven but past what could be paid
    (never charged). `intervals` are the stretches of time behind `connected_s`: their lengths add
    up to it. `balance_after = balance_before - charged + other_micros` (top-ups while it lasted);
    refunds come later, as entries of their own, and are shown in `refunded_micros`.
    """

    call_id: str
    client_id: str
    provider_id: str
    service_id: str
    tariff: Tariff
    opened_at_ms: int
    ended_at_ms: int
    reason: str
    connected_s: int
    free_s: int
    billed_s: int
    paused_s: int
    overrun_s: int
    proof_ms: int
    intervals: tuple[tuple[int, int], ...]
    pauses: tuple[tuple[int, int], ...]
    charged_micros: int
    promo_micros: int
    commission_micros: int
    provider_micros: int
    balance_before_micros: int
    balance_after_micros: int
    other_micros: int
    refunded_micros: int
    spending_cap_micros: int | None


def receipt_of(call_id: str, facts: dict[str, Any], refund: dict[str, Any] | None) -> CallReceipt:
    """`facts` as `end.lua` stores them, `refund` as `refund.lua` does."""
    tariff = Tariff.from_list(facts["tariff"])
    seconds = facts["n"]
    pauses = tuple((row["since"], row["till"]) for row in map(PAUSE.named, facts["pauses"]))
    before, after, charged = facts["before"], facts["after"], facts["charged"]
    return CallReceipt(
        call_id=call_id,
        client_id=facts["client"],
        provider_id=facts["provider"],
        service_id=facts["service"],
        tariff=tariff,
        opened_at_ms=facts["opened_at"],
        ended_at_ms=facts["ended_at"],
        reason=facts["reason"],
        connected_s=seconds,
        free_s=free_seconds(tariff, seconds) if tariff.price_micros else seconds,
        billed_s=billed_seconds(tariff, seconds) if tariff.price_micros else 0,
        paused_s=sum(end - start for start, end in pauses) // 1000,
        overrun_s=facts["proof"] // 1000 - seconds,
        proof_ms=facts["proof"],
        intervals=intervals_of(facts["spans"], seconds),
        pauses=pauses,
        charged_micros=charged,
        promo_micros=facts["promo"],
        commission_micros=facts["fee"],
        provider_micros=facts["share"],
        balance_before_micros=before,
        balance_after_micros=after,
        other_micros=after - before + charged,
        refunded_micros=refund["charged"] if refund else 0,
        spending_cap_micros=None if facts["cap"] < 0 else facts["cap"],
    )


def intervals_of(spans: list[list[int]], seconds: int) -> tuple[tuple[int, int], ...]:
    """Rows `span` as stretches [from, to] (ms) that add up to `seconds`."""
    rows = [SPAN.named(each) for each in spans]
    ends = [row["n"] for row in rows[1:]] + [seconds]
    return tuple(
        (row["since"], row["since"] + (end - row["n"]) * 1000)
        for row, end in zip(rows, ends, strict=False)  # no span: no second, no interval
        if end > row["n"]
    )
