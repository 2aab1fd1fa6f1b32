"""A client's wallet, a provider's earnings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic import Field

from metering.books import Books
from metering.errors import MeteringError
from metering.journal.statements import OwnerKind
from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import CLIENT, PROVIDER, User
from signaling.kernel.http.inputs import Input
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.problems import ProblemError
from signaling.kernel.room import Room
from signaling.kernel.store.limits import Limit, RateLimiter
from signaling.money.views import EarningsView, EntryView, WalletView, entry_view

ENTRIES_MAX = 100
VOUCHERS_BY_PERSON = Limit("vouchers", 20, 600)


class VoucherCode(Input):
    code: str = Field(min_length=1, max_length=64)


@dataclass(frozen=True, kw_only=True)
class Wallet:
    """The handlers, with what pages show of the same."""

    books: Books
    calls: Calls
    limiter: RateLimiter
    clock: Clock

    async def of(self, user: User) -> WalletView:
        """A client's money and where it went."""
        money, entries = await asyncio.gather(
            self.books.wallets.of(user.id), self._entries(user.id, "client")
        )
        return WalletView(
            currency=money.currency,
            available_micros=money.available_micros,
            held_micros=money.held_micros,
            entries=entries,
        )

    async def earnings_of(self, user: User) -> EarningsView:
        """A provider's money and where it came from."""
        money, entries = await asyncio.gather(
            self.books.earnings.of(user.id), self._entries(user.id, "provider")
        )
        return EarningsView(
            currency=money.currency,
            earned_micros=money.earned_micros,
            pending_micros=money.pending_micros,
            held_micros=money.held_micros,
            available_micros=money.available_micros,
            requested_micros=money.requested_micros,
            paid_out_micros=money.paid_out_micros,
            dispute_window_s=self.books.earnings.dispute_window_s,
            entries=entries,
        )

    async def wallet(self, request: ApiRequest) -> WalletView:
        return await self.of(request.user)

    async def earnings(self, request: ApiRequest) -> EarningsView:
        return await self.earnings_of(request.user)

    async def redeem_voucher(self, request: ApiRequest) -> WalletView:
        user = request.user
        await self.limiter.take(VOUCHERS_BY_PERSON, user.id)
        code = request.read(VoucherCode).code
        try:
            await self.books.vouchers.redeem(
                user.id, code, key=f"api:{request.idempotency_key}", now_ms=self.clock()
            )
        except MeteringError as error:
            fields = {"code": str(error)} if error.code.startswith("voucher_") else None
            raise ProblemError(error.code, str(error), fields=fields) from error
        await self.limiter.forgive(VOUCHERS_BY_PERSON, user.id)
        await self.calls.funds_changed(user.id)
        return await self.of(user)

    async def _entries(self, user_id: str, kind: OwnerKind) -> list[EntryView]:
        entries = await self.books.statements.lines(user_id, kind, ENTRIES_MAX)
        return [entry_view(entry) for entry in entries]

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET", "/wallet", self.wallet, "Money and statement", WalletView, roles=CLIENT
                ),
                Route(
                    "POST",
                    "/wallet/vouchers",
                    self.redeem_voucher,
                    "Redeem a voucher",
                    WalletView,
                    VoucherCode,
                    roles=CLIENT,
                    idempotent=True,
                ),
                Route(
                    "GET",
                    "/earnings",
                    self.earnings,
                    "Earnings and statement",
                    EarningsView,
                    roles=PROVIDER,
                ),
            )
        )
