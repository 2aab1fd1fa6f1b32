"""Calls as their parties or the operator see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from metering.calls.receipts import CallReceipt
from metering.tariff import Tariff
from signaling.calls.receipts import unpack_receipt
from signaling.calls.record import Call
from signaling.kernel.http.identity import User
from signaling.kernel.http.views import Name, View, Viewer
from signaling.kernel.problems import not_found
from signaling.pricing.views import TariffView, ThresholdMode, tariff_view

# A client's money, or the limit they set for the call.
EndsBy = Literal["balance", "spending_cap"]


class ServiceName(View):
    slug: str
    title: str


class MeterView(View):
    seconds: int
    free_left_s: int
    charged_micros: int
    provider_micros: int | None = None  # provider and operator only
    balance_micros: int | None = None  # client and operator only
    affordable_s: int | None
    ends_by: EndsBy | None  # what `affordable_s` counts down to; None in a free call


class ReceiptView(View):
    """Enough to recompute the charge by hand."""

    call: str
    service: str
    currency: str
    price_micros: int
    period_s: int
    threshold_s: int
    threshold_mode: ThresholdMode
    increments: tuple[int, int]
    commission_bps: int | None = None  # provider and operator only
    tariff_version: int
    tariff_hash: str
    opened_at_ms: int
    ended_at_ms: int
    connected_s: int
    free_s: int
    billed_s: int
    paused_s: int
    intervals: list[tuple[int, int]]
    charged_micros: int
    commission_micros: int | None = None  # provider and operator only
    provider_micros: int | None = None  # provider and operator only
    balance_before_micros: int | None = None  # client and operator only
    balance_after_micros: int | None = None  # client and operator only
    reason: str


class CallView(View):
    id: str
    state: str
    side: Literal["client", "provider", "operator"]
    service: ServiceName
    client: Name
    provider: Name
    audio: bool
    video: bool
    tariff: TariffView
    created_at_ms: int
    answered_at_ms: int | None
    live_at_ms: int | None
    ended_at_ms: int | None
    deadline_at_ms: int | None
    affordable_s: int | None
    spending_cap_micros: int | None = None  # client and operator only
    resume_asked: bool
    meter: MeterView | None
    reason: str | None
    receipt: ReceiptView | None


def viewer_of(call: Call, user: User) -> Viewer:
    """As what a person may look at a call. Raises ProblemError `not_found` for strangers."""
    side = call.side_of(user.id)
    if side is not None:
        return side
    if user.role == "operator":
        return "operator"
    raise not_found("This call")


def call_view(call: Call, viewer: Viewer, meter: Mapping[str, Any] | None = None) -> CallView:
    """A call as one of its parties or the operator sees it; `meter` as in a relay's message."""
    tariff = Tariff.unpack(call.tariff)
    own: dict[str, Any] = {}
    if viewer != "provider":
        own["spending_cap_micros"] = call.spending_cap_micros
    return CallView(
        id=call.id,
        state=call.state.value,
        side=viewer,
        service=ServiceName(slug=call.service_slug, title=call.service_title),
        client=Name(name=call.client_name),
        provider=Name(name=call.provider_name),
        audio=call.audio,
        video=call.video,
        tariff=tariff_view(tariff, viewer),
        created_at_ms=call.created_at_ms,
        answered_at_ms=call.answered_at_ms,
        live_at_ms=call.live_at_ms,
        ended_at_ms=call.ended_at_ms,
        deadline_at_ms=call.deadline_at_ms,
        affordable_s=call.affordable_s,
        resume_asked=call.resume_asked,
        meter=None if meter is None or call.over else meter_view(call, tariff, meter, viewer),
        reason=call.reason.value if call.reason else None,
        receipt=_receipt_of(call, viewer),
        **own,
    )


def meter_view(call: Call, tariff: Tariff, meter: Mapping[str, Any], viewer: Viewer) -> MeterView:
    """The running meter; what a client has is not for the provider's eyes."""
    own: dict[str, Any] = {}
    if viewer != "client":
        own["provider_micros"] = meter["provider_micros"]
    if viewer != "provider":
        own["balance_micros"] = meter["balance_micros"]
    return MeterView(
        seconds=meter["seconds"],
        free_left_s=max(0, tariff.threshold_s - meter["seconds"]),
        charged_micros=meter["charged_micros"],
        affordable_s=meter["affordable_s"],
        ends_by=_ends_by(call, meter),
        **own,
    )


def _ends_by(call: Call, meter: Mapping[str, Any]) -> EndsBy | None:
    if meter["affordable_s"] is None:
        return None
    cap, money = call.spending_cap_micros, meter["charged_micros"] + meter["balance_micros"]
    return "balance" if cap is None or money <= cap else "spending_cap"


def receipt_view(receipt: CallReceipt, service_title: str, viewer: Viewer) -> ReceiptView:
    """A receipt: each party's copy holds what is theirs to know, the operator's holds all."""
    tariff = receipt.tariff
    own: dict[str, Any] = {}
    if viewer != "client":
        own["commission_bps"] = tariff.commission_bps
        own["commission_micros"] = receipt.commission_micros
        own["provider_micros"] = receipt.provider_micros
    if viewer != "provider":
        own["balance_before_micros"] = receipt.balance_before_micros
        own["balance_after_micros"] = receipt.balance_after_micros
    return ReceiptView(
        call=receipt.call_id,
        service=service_title,
        currency=tariff.currency,
        price_micros=tariff.price_micros,
        period_s=tariff.period_s,
        threshold_s=tariff.threshold_s,
        threshold_mode=tariff.threshold_mode,
        increments=(tariff.initial_s, tariff.increment_s),
        tariff_version=tariff.version,
        tariff_hash=tariff.hash,
        opened_at_ms=receipt.opened_at_ms,
        ended_at_ms=receipt.ended_at_ms,
        connected_s=receipt.connected_s,
        free_s=receipt.free_s,
        billed_s=receipt.billed_s,
        paused_s=receipt.paused_s,
        intervals=list(receipt.intervals),
        charged_micros=receipt.charged_micros,
        reason=receipt.reason,
        **own,
    )


def _receipt_of(call: Call, viewer: Viewer) -> ReceiptView | None:
    if call.receipt is None:
        return None
    return receipt_view(unpack_receipt(call.receipt), call.service_title, viewer)
