"""Wallets, earnings, vouchers as they are shown."""

from __future__ import annotations

from metering.journal.statements import Entry
from metering.wallets.vouchers import Voucher
from signaling.kernel.http.views import View


class EntryView(View):
    at_ms: int
    kind: str
    amount_micros: int
    call: str | None = None
    note: str


class WalletView(View):
    currency: str
    available_micros: int
    held_micros: int
    entries: list[EntryView]


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


class VoucherView(View):
    id: str
    amount_micros: int
    uses: int
    used: int
    state: str
    expires_at_ms: int | None
    note: str
    created_at_ms: int


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
