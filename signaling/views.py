"""What the API shows of things, as schemas: the same for REST, WebSocket and pages.

Fields that are not for everybody (a provider's share, a client's balance) are left unset, and unset
fields are left out.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from signaling.accounts import Role
from signaling.hours import Hours
from signaling.presence import Duty

ThresholdMode = Literal["retroactive", "gift"]


class View(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON encoder, without the fields that were left unset."""
        return self.model_dump(mode="json", exclude_unset=True)


class Name(View):
    name: str


class UserView(View):
    id: str
    name: str
    email: str | None
    role: Role
    created_at_ms: int


class UserWithBalance(UserView):
    balance_micros: int | None  # what a client can spend, what a provider has earned


class EntryView(View):
    at_ms: int
    kind: str
    amount_micros: int
    call: str | None = None
    note: str


class StatementView(View):
    """One page of a period. `opening_micros` + the amounts of all pages = `closing_micros`."""

    currency: str
    from_ms: int | None  # None: from the beginning
    to_ms: int | None  # None: until now
    opening_micros: int
    closing_micros: int
    entries: list[EntryView]
    next: str | None  # the `after` of the next page
    since_ms: int | None  # the platform's accounts: entries before it are in the archive


class WalletView(View):
    currency: str
    available_micros: int
    held_micros: int
    entries: list[EntryView]


class CheckoutView(View):
    url: str


class EarningsView(View):
    currency: str
    earned_micros: int  # all that ever came in: pending, available, requested and paid out
    pending_micros: int
    held_micros: int  # of pending: held back until clients' reports are decided
    available_micros: int
    requested_micros: int
    paid_out_micros: int
    dispute_window_s: int  # how long a call's share is pending
    entries: list[EntryView]


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


class ActionView(View):
    """Something an operator did."""

    at_ms: int
    operator: Name
    what: str
    about: str
    amount_micros: int
    note: str


class CardPaymentView(View):
    top_up: str
    at_ms: int
    amount_micros: int
    refunded_micros: int
    refundable_micros: int


class DisputeView(View):
    """A problem that a client reported."""

    state: Literal["open", "refunded", "rejected"]
    opened_at_ms: int
    decided_at_ms: int | None
    reason: str | None = None  # the client's words: client and operator only
    answer: str
    refund_micros: int


class ServiceView(View):
    """A service as its owner sees it."""

    id: str
    slug: str
    url: str
    provider_id: str
    title: str
    kind: str
    description: str
    qualifications: str
    languages: list[str]
    time_zone: str
    hours: Hours
    price: str
    price_micros: int
    period: Literal["minute", "hour"]
    published: bool


class PublicServiceView(View):
    """A service as anyone sees it, with the terms of a call that starts now."""

    slug: str
    url: str
    title: str
    kind: str
    description: str
    qualifications: str
    languages: list[str]
    time_zone: str
    hours: Hours
    provider: Name
    availability: Duty
    currency: str
    price_micros: int
    period_s: int
    threshold_s: int
    threshold_mode: ThresholdMode
    increments: tuple[int, int]
    min_minutes: int
    tariff_version: int
    tariff_hash: str


class TariffView(View):
    currency: str
    price_micros: int
    period_s: int
    threshold_s: int
    threshold_mode: ThresholdMode
    increments: tuple[int, int]
    commission_bps: int | None = None  # provider and operator only
    min_minutes: int
    version: int
    hash: str


class QuoteView(View):
    tariff: TariffView
    free_probe: bool
    available_micros: int
    needed_micros: int
    affordable_s: int | None
    can_call: bool
    code: str | None
    detail: str | None


class PricingView(View):
    commission_bps: int
    threshold_s: int
    threshold_mode: ThresholdMode
    increments: tuple[int, int]
    min_minutes: int
    price_floor: str
    price_cap: str
    probe_limit_per_day: int
    ring_s: int
    interrupted_s: int
    on_hold_s: int
    low_balance_s: list[int]
    version: int


class MeterView(View):
    seconds: int
    free_left_s: int
    charged_micros: int
    provider_micros: int | None = None  # provider and operator only
    balance_micros: int
    affordable_s: int | None


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
    refunded_micros: int | None = None  # given back since, where REST is asked for calls
    provider_refunded_micros: int | None = None  # of it the provider's; not the client's
    reason: str


class ServiceName(View):
    slug: str
    title: str


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
    spending_cap_micros: int | None
    resume_asked: bool
    meter: MeterView | None
    reason: str | None
    receipt: ReceiptView | None
    dispute: DisputeView | None = None  # where REST is asked for calls
    # Client only, when asked for one call: until when a problem can be reported.
    report_until_ms: int | None = None


class DisputedCall(View):
    """A report and the call it is about, for the operator."""

    call: CallView
    dispute: DisputeView


class VoucherView(View):
    id: str
    amount_micros: int
    uses: int
    used: int
    state: str
    expires_at_ms: int | None
    note: str
    created_at_ms: int


class AuditView(View):
    ok: bool
    problems: list[str]
    checked: dict[str, int]
