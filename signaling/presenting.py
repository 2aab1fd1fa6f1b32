"""From what is stored to what is shown, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from metering.money import format_amount
from metering.tariff import Tariff
from metering.types import CallReceipt, Entry, Quote, Voucher
from signaling.accounts import User
from signaling.actions import Action
from signaling.call import Call
from signaling.disputes import Dispute
from signaling.errors import ProblemError
from signaling.presence import Duty
from signaling.pricing import PERIOD_S, Pricing
from signaling.receipts import unpack_receipt
from signaling.services import Service
from signaling.views import (
    ActionView,
    CallView,
    DisputeView,
    EntryView,
    MeterView,
    Name,
    PricingView,
    PublicServiceView,
    QuoteView,
    ReceiptView,
    ServiceName,
    ServiceView,
    TariffView,
    UserView,
    VoucherView,
)

Viewer = Literal["client", "provider", "operator"]


def user_view(user: User) -> UserView:
    """A person, to themselves and to the operator."""
    return UserView(
        id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        created_at_ms=user.created_at_ms,
    )


def entry_view(entry: Entry) -> EntryView:
    """One line of a statement."""
    return EntryView(
        at_ms=entry.at_ms,
        kind=entry.kind,
        amount_micros=entry.amount_micros,
        call=entry.call,
        note=entry.note,
    )


def voucher_view(voucher: Voucher) -> VoucherView:
    """A voucher without its code, which nobody knows any more."""
    return VoucherView(
        id=voucher.id,
        amount_micros=voucher.amount_micros,
        uses=voucher.uses,
        used=voucher.used,
        state=voucher.state,
        expires_at_ms=voucher.expires_at_ms,
        note=voucher.note,
        created_at_ms=voucher.created_at_ms,
    )


def service_view(service: Service, base_url: str) -> ServiceView:
    """A service, to its owner."""
    return ServiceView(
        id=service.id,
        slug=service.slug,
        url=service_url(base_url, service.slug),
        provider_id=service.provider_id,
        title=service.title,
        kind=service.kind,
        description=service.description,
        qualifications=service.qualifications,
        languages=list(service.languages),
        time_zone=service.time_zone,
        hours=service.hours,
        price=format_amount(service.price_micros),
        price_micros=service.price_micros,
        period=service.period,
        published=service.published,
    )


def service_tariff(service: Service, pricing: Pricing, currency: str) -> Tariff:
    """What a call to a service costs if it starts now and the client's probe is free."""
    return pricing.tariff(
        currency, service.price_micros, PERIOD_S[service.period], service.price_version
    )


def public_service_view(
    service: Service, tariff: Tariff, duty: Duty, base_url: str
) -> PublicServiceView:
    """A service, to anyone."""
    return PublicServiceView(
        slug=service.slug,
        url=service_url(base_url, service.slug),
        title=service.title,
        kind=service.kind,
        description=service.description,
        qualifications=service.qualifications,
        languages=list(service.languages),
        time_zone=service.time_zone,
        hours=service.hours,
        provider=Name(name=service.provider_name),
        availability=duty,
        currency=tariff.currency,
        price_micros=tariff.price_micros,
        period_s=tariff.period_s,
        threshold_s=tariff.threshold_s,
        threshold_mode=tariff.threshold_mode,
        increments=(tariff.initial_s, tariff.increment_s),
        min_minutes=tariff.min_minutes,
        tariff_version=tariff.version,
        tariff_hash=tariff.hash,
    )


def service_url(base_url: str, slug: str) -> str:
    """The public page of a service."""
    return f"{base_url.rstrip('/')}/s/{slug}"


def tariff_view(tariff: Tariff, viewer: Viewer) -> TariffView:
    """A tariff; the platform's part is none of the client's business."""
    own: dict[str, Any] = {}
    if viewer != "client":
        own["commission_bps"] = tariff.commission_bps
    return TariffView(
        currency=tariff.currency,
        price_micros=tariff.price_micros,
        period_s=tariff.period_s,
        threshold_s=tariff.threshold_s,
        threshold_mode=tariff.threshold_mode,
        increments=(tariff.initial_s, tariff.increment_s),
        min_minutes=tariff.min_minutes,
        version=tariff.version,
        hash=tariff.hash,
        **own,
    )


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


def pricing_view(pricing: Pricing) -> PricingView:
    """The operator's rules."""
    return PricingView(
        commission_bps=pricing.commission_bps,
        threshold_s=pricing.threshold_s,
        threshold_mode=pricing.threshold_mode,
        increments=(pricing.initial_s, pricing.increment_s),
        min_minutes=pricing.min_minutes,
        price_floor=format_amount(pricing.price_floor_micros),
        price_cap=format_amount(pricing.price_cap_micros),
        probe_limit_per_day=pricing.probe_limit_per_day,
        ring_s=pricing.ring_s,
        interrupted_s=pricing.interrupted_s,
        on_hold_s=pricing.on_hold_s,
        low_balance_s=list(pricing.low_balance_s),
        version=pricing.version,
    )


def dispute_view(dispute: Dispute, viewer: Viewer) -> DisputeView:
    """A report; the client's words about the provider are for the operator."""
    own: dict[str, Any] = {} if viewer == "provider" else {"reason": dispute.reason}
    return DisputeView(
        state=dispute.state,
        opened_at_ms=dispute.opened_at_ms,
        decided_at_ms=dispute.decided_at_ms,
        answer=dispute.answer,
        refund_micros=dispute.refund_micros,
        **own,
    )


def action_view(action: Action) -> ActionView:
    """What an operator did, to operators."""
    return ActionView(
        at_ms=action.at_ms,
        operator=Name(name=action.operator_name),
        what=action.what,
        about=action.about,
        amount_micros=action.amount_micros,
        note=action.note,
    )


def with_aftermath(view: CallView, refunded_micros: int, dispute: Dispute | None) -> CallView:
    """The view with what came after the call: refunds, and the problem its client reported."""
    changes: dict[str, Any] = {
        "dispute": dispute_view(dispute, view.side) if dispute else None,
    }
    receipt = view.receipt
    if receipt is not None:
        about: dict[str, Any] = {"refunded_micros": refunded_micros}
        if receipt.commission_bps is not None:
            # Split of the whole refund as the books split it: the platform's part is cut first.
            fee = refunded_micros * receipt.commission_bps // 10_000
            about["provider_refunded_micros"] = refunded_micros - fee
        changes["receipt"] = receipt.model_copy(update=about)
    return view.model_copy(update=changes)


def call_view(call: Call, viewer: Viewer, meter: Mapping[str, Any] | None = None) -> CallView:
    """A call as one of its parties or the operator sees it; `meter` as in a relay's message."""
    tariff = Tariff.unpack(call.tariff)
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
        spending_cap_micros=call.spending_cap_micros,
        resume_asked=call.resume_asked,
        meter=None if meter is None or call.over else meter_view(tariff, meter, viewer),
        reason=call.reason.value if call.reason else None,
        receipt=_receipt_of(call, viewer),
    )


def meter_view(tariff: Tariff, meter: Mapping[str, Any], viewer: Viewer) -> MeterView:
    """The running meter."""
    own: dict[str, Any] = {}
    if viewer != "client":
        own["provider_micros"] = meter["provider_micros"]
    return MeterView(
        seconds=meter["seconds"],
        free_left_s=max(0, tariff.threshold_s - meter["seconds"]),
        charged_micros=meter["charged_micros"],
        balance_micros=meter["balance_micros"],
        affordable_s=meter["affordable_s"],
        **own,
    )


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
