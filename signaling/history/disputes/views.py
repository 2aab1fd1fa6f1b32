"""Reports as they are shown."""

from __future__ import annotations

from typing import Any, Literal

from signaling.calls.views import CallView
from signaling.history.disputes.store import Dispute
from signaling.kernel.http.views import View, Viewer


class DisputeView(View):
    """A problem that a client reported."""

    state: Literal["open", "refunded", "rejected"]
    opened_at_ms: int
    decided_at_ms: int | None
    reason: str | None = None  # the client's words: client and operator only
    answer: str
    refund_micros: int


class DisputedCall(View):
    """A report and the call it is about, for the operator."""

    call: CallView
    dispute: DisputeView


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
