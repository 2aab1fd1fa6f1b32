"""Payouts as they are shown, to their provider or to the operator."""

from __future__ import annotations

from typing import Literal

from metering.earnings.payouts import Payout
from signaling.kernel.http.identity import User
from signaling.kernel.http.views import View


class Named(View):
    id: str
    name: str


class PayoutView(View):
    id: str
    amount_micros: int
    state: Literal["requested", "paid", "rejected"]
    requested_at_ms: int
    note: str  # the provider's
    settled_at_ms: int | None
    answer: str  # the operator's: a reference, or why not
    provider: Named | None = None  # operator only


def payout_view(payout: Payout, provider: User | None = None) -> PayoutView:
    """A payout; to the operator with whose it is."""
    own = {"provider": Named(id=provider.id, name=provider.name)} if provider else {}
    return PayoutView(
        id=payout.id,
        amount_micros=payout.amount_micros,
        state=payout.state,
        requested_at_ms=payout.requested_at_ms,
        note=payout.note,
        settled_at_ms=payout.settled_at_ms,
        answer=payout.answer,
        **own,
    )
