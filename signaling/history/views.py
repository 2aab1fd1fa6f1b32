"""Past calls as they are shown, with what came after them."""

from __future__ import annotations

from typing import Any

from signaling.calls.views import CallView, ReceiptView
from signaling.history.disputes.store import Dispute
from signaling.history.disputes.views import DisputeView, dispute_view


class PastReceipt(ReceiptView):
    refunded_micros: int  # given back since
    provider_refunded_micros: int | None = None  # of it the provider's; not the client's


class PastCall(CallView):
    receipt: PastReceipt | ReceiptView | None
    dispute: DisputeView | None = None
    # Client only, when asked for one call: until when a problem can be reported.
    report_until_ms: int | None = None


def past_call(view: CallView) -> PastCall:
    """A call of which nothing more is known."""
    return PastCall(**_fields(view))


def with_aftermath(view: CallView, refunded_micros: int, dispute: Dispute | None) -> PastCall:
    """The view with what came after the call: refunds, and the problem its client reported."""
    fields = _fields(view)
    receipt = view.receipt
    if receipt is not None:
        about: dict[str, Any] = {"refunded_micros": refunded_micros}
        if receipt.commission_bps is not None:
            # Split of the whole refund as the books split it: the platform's part is cut first.
            fee = refunded_micros * receipt.commission_bps // 10_000
            about["provider_refunded_micros"] = refunded_micros - fee
        fields["receipt"] = PastReceipt(**_fields(receipt), **about)
    fields["dispute"] = dispute_view(dispute, view.side) if dispute else None
    return PastCall(**fields)


def _fields(view: CallView | ReceiptView) -> dict[str, Any]:
    """What is set, so that what is not for the viewer stays left out."""
    return {name: getattr(view, name) for name in view.model_fields_set}
