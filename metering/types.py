"""The values the books answer with. Money in micro-units, times in Unix milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from metering.tariff import Tariff

OwnerKind = Literal["client", "provider"]
PayoutState = Literal["requested", "paid", "rejected"]
VoucherState = Literal["open", "spent", "expired"]


@dataclass(frozen=True)
class Wallet:
    """A client's money. `available` can be spent (promotional credit included), `held` is reserved
    for the call that is open."""

    currency: str
    available_micros: int
    held_micros: int
    promo_micros: int


@dataclass(frozen=True)
class Entry:
    """One line of a statement. `balance_micros` is the money after it, where the owner has one."""

    id: str
    at_ms: int
    kind: str
    amount_micros: int
    call: str | None
    note: str
    balance_micros: int | None


@dataclass(frozen=True)
class Voucher:
    """A voucher as the operator sees it: its code is not stored. `id` is the start of its hash."""

    id: str
    amount_micros: int
    uses: int
    used: int
    expires_at_ms: int | None
    note: str
    created_by: str
    created_at_ms: int
    redeemed_by: tuple[str, ...]
    state: VoucherState
    promo: bool


@dataclass(frozen=True)
class Quote:
    """What a call would cost now. `tariff` is the one to open the call with: its threshold is 0
    when the client's free probe of this service is used up. `affordable_s` None: a free call."""

    tariff: Tariff
    free_probe: bool
    available_micros: int
    needed_micros: int
    affordable_s: int | None


@dataclass(frozen=True)
class OpenedCall:
    """An open call: what was reserved, how long it can last, the money the client had before."""

    call_id: str
    hold_micros: int
    affordable_s: int | None
    balance_micros: int


@dataclass(frozen=True)
class MeterState:
    """Where a call stands. `affordable_s`: seconds left that can be paid for, None when free.
    `owner` is the process that ticks it, "" before the first adopted it."""

    call_id: str
    client_id: str
    provider_id: str
    service_id: str
    tariff: Tariff
    state: Literal["live", "ended"]
    opened_at_ms: int
    seconds: int
    proof_ms: int
    charged_micros: int
    provider_micros: int
    balance_micros: int
    affordable_s: int | None
    free_left_s: int
    epoch: int
    owner: str


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


@dataclass(frozen=True)
class EarningsBalance:
    """A provider's money at home. `earned` is all that ever came in, less what was clawed back:
    pending + available + requested + paid_out. `held` is the part of pending that clients' open
    reports hold back."""

    currency: str
    earned_micros: int
    pending_micros: int
    held_micros: int
    available_micros: int
    requested_micros: int
    paid_out_micros: int


@dataclass(frozen=True)
class HeldShare:
    """A share that is held back since `at_ms`, for a report of the call's client."""

    call_id: str
    provider_id: str
    at_ms: int


@dataclass(frozen=True)
class Refund:
    """What was given back of a call in all, as it was split: platform + provider = refunded;
    `promo` of it went back as promotional credit."""

    call_id: str
    refunded_micros: int
    platform_micros: int
    provider_micros: int
    promo_micros: int


@dataclass(frozen=True)
class Payout:
    """Earnings a provider asked to be paid out."""

    id: str
    provider_id: str
    amount_micros: int
    state: PayoutState
    requested_at_ms: int
    note: str
    settled_at_ms: int | None
    answer: str


@dataclass(frozen=True)
class LiveCall:
    """A call that is open in the books."""

    call_id: str
    client_id: str
    provider_id: str
    service_id: str
    opened_at_ms: int
    epoch: int
    owner: str
