"""The operator makes vouchers, gives credit."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from pydantic import Field

from metering.books import Books
from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import OPERATOR
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.problems import invalid
from signaling.kernel.room import Room
from signaling.money.views import VoucherView, voucher_view
from signaling.people.accounts import Accounts


class VouchersInput(Input):
    amount: Amount = Field(gt=0)
    count: int = Field(ge=1, le=1000)
    expires_on: date | None = None
    note: str = Field(default="", max_length=200)

    def expires_at_ms(self, now_ms: int) -> int | None:
        """The end of the last day, in UTC. Raises ProblemError when that is over."""
        if self.expires_on is None:
            return None
        try:
            end = datetime.combine(self.expires_on, time(tzinfo=UTC)) + timedelta(days=1)
        except OverflowError as error:
            raise invalid("expires_on", "This day is too far away.") from error
        end_ms = int(end.timestamp() * 1000)
        if end_ms <= now_ms:
            raise invalid("expires_on", "This day is over already.")
        return end_ms


class CreditInput(Input):
    amount: Amount = Field(gt=0)
    note: str = Field(min_length=1, max_length=200)


class VouchersAnswer(View):
    vouchers: list[VoucherView]


class CodesAnswer(View):
    codes: list[str]


class CreditAnswer(View):
    available_micros: int


@dataclass(frozen=True, kw_only=True)
class Vouchers:
    """The handlers; `secret` is what nobody else knows, for codes that are made again."""

    books: Books
    accounts: Accounts
    calls: Calls
    secret: str = field(repr=False)
    clock: Clock

    async def all(self) -> list[VoucherView]:
        """All vouchers, newest first."""
        found = await self.books.vouchers.all(now_ms=self.clock())
        return [voucher_view(voucher) for voucher in found]

    async def vouchers(self, _: ApiRequest) -> VouchersAnswer:
        return VouchersAnswer(vouchers=await self.all())

    async def create_vouchers(self, request: ApiRequest) -> CodesAnswer:
        body, now_ms = request.read(VouchersInput), self.clock()
        # Codes are not stored. So that the request repeated after a lost answer can show them
        # again, they are derived from its key, which only the operator's page knows, and our own
        # secret.
        key = f"vouchers\0{request.user.id}\0{request.idempotency_key}"
        codes = await self.books.vouchers.create(
            body.amount,
            body.count,
            expires_at_ms=body.expires_at_ms(now_ms),
            note=body.note,
            created_by=request.user.id,
            now_ms=now_ms,
            seed=hmac.digest(self.secret.encode(), key.encode(), hashlib.sha256),
        )
        return CodesAnswer(codes=codes)

    async def credit(self, request: ApiRequest) -> CreditAnswer:
        body = request.read(CreditInput)
        user = await self.accounts.client(request.path["id"])
        money = await self.books.wallets.top_up(
            user.id,
            body.amount,
            key=f"credit:{request.idempotency_key}",
            source=f"operator {request.user.id}",
            note=body.note,
            now_ms=self.clock(),
        )
        await self.calls.funds_changed(user.id)
        return CreditAnswer(available_micros=money.available_micros)

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/admin/vouchers",
                    self.vouchers,
                    "Vouchers",
                    VouchersAnswer,
                    roles=OPERATOR,
                ),
                Route(
                    "POST",
                    "/admin/vouchers",
                    self.create_vouchers,
                    "Make vouchers",
                    CodesAnswer,
                    VouchersInput,
                    roles=OPERATOR,
                    status=201,
                    idempotent=True,
                ),
                Route(
                    "POST",
                    "/admin/users/{id}/credit",
                    self.credit,
                    "Give a client money",
                    CreditAnswer,
                    CreditInput,
                    roles=OPERATOR,
                    idempotent=True,
                ),
            )
        )
