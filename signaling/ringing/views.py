"""What a caller sees before the call."""

from __future__ import annotations

from metering.calls.calls import Quote
from signaling.kernel.http.views import View
from signaling.kernel.problems import ProblemError
from signaling.pricing.views import TariffView, tariff_view


class QuoteView(View):
    tariff: TariffView
    free_probe: bool
    available_micros: int
    needed_micros: int
    affordable_s: int | None
    can_call: bool
    code: str | None
    detail: str | None


class BlockedView(View):
    client_id: str
    name: str
    at_ms: int


def quote_view(quote: Quote, refusal: ProblemError | None) -> QuoteView:
    """What a call would cost a client now, and what stands in its way."""
    return QuoteView(
        tariff=tariff_view(quote.tariff, "client"),
        free_probe=quote.free_probe,
        available_micros=quote.available_micros,
        needed_micros=quote.needed_micros,
        affordable_s=quote.affordable_s,
        can_call=refusal is None,
        code=refusal.code if refusal else None,
        detail=refusal.detail if refusal else None,
    )
