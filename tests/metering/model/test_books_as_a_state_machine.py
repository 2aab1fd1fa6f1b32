"""The whole command set in any order, against a model in plain Python, on the real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis.asyncio
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from metering.audit.audit import audit
from metering.books import Books
from metering.calls.meter import Meter
from metering.errors import (
    AboveOriginalError,
    AlreadyInCallError,
    DuplicateKeyError,
    InsufficientFundsError,
    VoucherExpiredError,
    VoucherSpentError,
    VoucherUnknownError,
)
from metering.tariff import (
    Tariff,
    affordable_seconds,
    charge_micros,
    hold_micros,
    platform_micros,
    provider_micros,
)
from tests.metering.model.earnings_model import EarningsModel
from tests.metering.model.wallet_model import WalletModel
from tipmeet.processes.store import EmbeddedStore

CLIENT, PROVIDER, SERVICE = "alice", "bob", "chess"
amounts = st.sampled_from([1, 999_999, 1_000_000, 20_000_000])


class BooksMachine(RuleBasedStateMachine):
    """One client, one provider, two relays; the model knows every balance to the micro-unit."""

    url = ""

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.redis = redis.asyncio.Redis.from_url(self.url)
        self.books = Books(self.redis, partitions=1, dispute_window_s=100)
        self.meters = [Meter(self.books.partitions, "r0"), Meter(self.books.partitions, "r1")]
        self.do(self.redis.flushall())
        self.now_ms = 10**12
        self.serial = 0
        self.wallet_model = WalletModel()
        self.vouchers: list[tuple[str, int, int | None, bool]] = []
        self.promo_spent: dict[str, int] = {}
        self.paused = False
        self.earnings_model = EarningsModel(window_ms=100_000)
        self.call = ""
        self.owner = -1
        self.base = [0, 0]
        self.proofs = [0, 0]
        self.proof = self.n = 0
        self.tariff = Tariff("USD", 0, 60, 0, "retroactive", 1, 1, 0, 0, 1)
        self.ended: dict[str, tuple[Tariff, int]] = {}
        self.refunded: dict[str, int] = {}
        self.last_credit: tuple[int, str, bool] | None = None

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def key(self) -> str:
        self.serial += 1
        return f"k{self.serial}"

    @rule(amount=amounts, promo=st.booleans())
    def top_up(self, amount: int, promo: bool) -> None:
        self.last_credit = (amount, self.key(), promo)
        self._gain(amount, promo)
        self.repeat_top_up()

    def _gain(self, amount: int, promo: bool) -> None:
        if promo:
            self.wallet_model.promo += amount
        else:
            self.wallet_model.cash += amount

    @precondition(lambda self: self.last_credit is not None)
    @rule()
    def repeat_top_up(self) -> None:
        assert self.last_credit is not None
        amount, key, promo = self.last_credit
        wallet = self.do(
            self.books.wallets.top_up(
                CLIENT, amount, key=key, source="model", now_ms=self.now_ms, promo=promo
            )
        )
        assert wallet.available_micros + wallet.held_micros == self.wallet_model.total
        with pytest.raises(DuplicateKeyError):
            self.do(
                self.books.wallets.top_up(
                    CLIENT, amount + 1, key=key, source="model", now_ms=self.now_ms, promo=promo
                )
            )

    @rule(amount=amounts, promo=st.booleans(), lasts_s=st.sampled_from([None, 0, 60]))
    def make_voucher(self, amount: int, promo: bool, lasts_s: int | None) -> None:
        expires = None if lasts_s is None else self.now_ms + lasts_s * 1000
        (code,) = self.do(
            self.books.vouchers.create(
                amount,
                1,
                expires_at_ms=expires,
                note="",
                created_by="model",
                now_ms=self.now_ms,
                promo=promo,
            )
        )
        self.vouchers.append((code, amount, expires, promo))

    @precondition(lambda self: self.vouchers)
    @rule(data=st.data(), repeat=st.booleans())
    def redeem(self, data: Any, repeat: bool) -> None:
        code, amount, expires, promo = data.draw(st.sampled_from(self.vouchers))
        key = self.key()
        work = self.books.vouchers.redeem(CLIENT, code.lower(), key=key, now_ms=self.now_ms)
        if expires is not None and expires <= self.now_ms:
            with pytest.raises(VoucherExpiredError):
                self.do(work)
            return
        self.do(work)
        self._gain(amount, promo)
        self.vouchers.remove((code, amount, expires, promo))
        if repeat:
            self.do(self.books.vouchers.redeem(CLIENT, code, key=key, now_ms=self.now_ms))
        for who in (CLIENT, "mallory"):
            with pytest.raises(VoucherSpentError):
                self.do(self.books.vouchers.redeem(who, code, key=self.key(), now_ms=self.now_ms))
        with pytest.raises(VoucherUnknownError):
            self.do(self.books.vouchers.redeem(CLIENT, "NONE", key=self.key(), now_ms=self.now_ms))

    @rule(amount=amounts)
    def withdraw(self, amount: int) -> None:
        work = self.books.wallets.withdraw(
            CLIENT, amount, key=self.key(), source="model", note="", now_ms=self.now_ms
        )
        if amount > self.wallet_model.cash:
            with pytest.raises(InsufficientFundsError):
                self.do(work)
        else:
            self.do(work)
            self.wallet_model.cash -= amount

    @precondition(lambda self: not self.call)
    @rule(
        price=st.sampled_from([1, 300_000, 7_777_777]),
        period=st.sampled_from([60, 3600]),
        threshold=st.sampled_from([0, 60]),
        mode=st.sampled_from(["retroactive", "gift"]),
        increments=st.sampled_from([(1, 1), (60, 1), (60, 60)]),
        bps=st.sampled_from([0, 1999, 10_000]),
    )
    def open_call(
        self,
        price: int,
        period: int,
        threshold: int,
        mode: Any,
        increments: tuple[int, int],
        bps: int,
    ) -> None:
        tariff = Tariff("USD", price, period, threshold, mode, *increments, bps, 1, 1)
        call = self.books.calls.new_id(CLIENT)
        work = self.books.calls.open(
            call,
            client_id=CLIENT,
            provider_id=PROVIDER,
            service_id=SERVICE,
            tariff=tariff,
            now_ms=self.now_ms,
            probe_limit_per_day=0,
        )
        if hold_micros(tariff) > self.wallet_model.total:
            with pytest.raises(InsufficientFundsError):
                self.do(work)
            return
        opened = self.do(work)
        assert opened.affordable_s == affordable_seconds(tariff, self.wallet_model.total)
        self.wallet_model.hold(hold_micros(tariff))
        self.call, self.tariff = call, tariff
        self.promo_spent[call], self.paused = 0, False
        self.proof = self.n = 0
        self.owner = -1

    @precondition(lambda self: self.call)
    @rule(who=st.sampled_from([0, 1]))
    def take_over(self, who: int) -> None:
        self.meters[who].drop(self.call)
        adopted = self.do(self.meters[who].adopt(self.call, self.now_ms))
        assert (adopted.proof_base_ms, adopted.seconds) == (self.proof, self.n)
        self.owner, self.base[who], self.proofs[who] = who, self.proof, 0

    @precondition(lambda self: self.call and self.owner >= 0)
    @rule(passed=st.sampled_from([0, 1, 999, 1000, 61_000, 500_000]), who=st.sampled_from([0, 1]))
    def prove_and_tick(self, passed: int, who: int) -> None:
        self.now_ms += passed
        self.proofs[who] += passed
        (tick,) = self.do(self.meters[who].tick({self.call: self.proofs[who]}, self.now_ms))
        if who != self.owner:
            assert tick.status == "stale_epoch"
            return
        self.proof = max(self.proof, self.base[who] + self.proofs[who])
        before = charge_micros(self.tariff, self.n)
        limit = affordable_seconds(self.tariff, self.wallet_model.total + before)
        assert limit is not None
        self.n = max(self.n, min(self.proof // 1000, limit))
        charged = charge_micros(self.tariff, self.n)
        self.promo_spent[self.call] += self.wallet_model.spend(charged - before)
        exhausted = self.proof >= limit * 1000
        assert tick == (
            self.call,
            "exhausted" if exhausted else "ok",
            self.n,
            self.proof,
            charged,
            provider_micros(self.tariff, self.n),
            self.wallet_model.total,
            max(0, limit - self.n),
        )

    @precondition(lambda self: self.call)
    @rule()
    def pause_or_resume(self) -> None:
        """Notes for the receipt only: what stops the charging is the proof."""
        work = self.books.calls.resume if self.paused else self.books.calls.pause
        for _ in range(2):
            self.do(work(self.call, now_ms=self.now_ms))
        self.paused = not self.paused

    @precondition(lambda self: self.call)
    @rule()
    def open_a_second_call(self) -> None:
        call = self.books.calls.new_id(CLIENT)
        with pytest.raises(AlreadyInCallError):
            self.do(
                self.books.calls.open(
                    call,
                    client_id=CLIENT,
                    provider_id=PROVIDER,
                    service_id=SERVICE,
                    tariff=Tariff("USD", 1, 60, 0, "retroactive", 1, 1, 0, 0, 1),
                    now_ms=self.now_ms,
                )
            )

    @precondition(lambda self: self.call)
    @rule()
    def hang_up(self) -> None:
        before = charge_micros(self.tariff, self.n)
        limit = affordable_seconds(self.tariff, self.wallet_model.total + before)
        assert limit is not None
        self.n = max(self.n, min(self.proof // 1000, limit))
        receipt = self.do(self.books.calls.end(self.call, "client_hung_up", now_ms=self.now_ms))
        assert receipt.connected_s == self.n
        assert receipt.charged_micros == charge_micros(self.tariff, self.n)
        assert receipt.commission_micros == platform_micros(self.tariff, self.n)
        self.promo_spent[self.call] += self.wallet_model.spend(receipt.charged_micros - before)
        self.wallet_model.release()
        assert receipt.promo_micros == self.promo_spent[self.call]
        assert receipt.balance_after_micros == self.wallet_model.free
        again = self.do(self.books.calls.end(self.call, "other", now_ms=self.now_ms + 1))
        assert again == receipt
        self.earnings_model.arrive(self.call, receipt.provider_micros, self.now_ms)
        self.ended[self.call] = (self.tariff, self.n)
        self.refunded[self.call] = 0
        self.call, self.owner = "", -1

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def refund(self, data: Any) -> None:
        call = data.draw(st.sampled_from(sorted(self.ended)))
        tariff, n = self.ended[call]
        charged, done = charge_micros(tariff, n), self.refunded[call]
        amount = data.draw(st.integers(1, charged + 1))
        work = self.books.refunds.give(call, amount, key=self.key(), note="", now_ms=self.now_ms)
        if done + amount > charged:
            with pytest.raises(AboveOriginalError):
                self.do(work)
            return
        self.do(work)
        total = done + amount
        clawed = (total - total * tariff.commission_bps // 10_000) - (
            done - done * tariff.commission_bps // 10_000
        )
        cash_spent = charged - self.promo_spent[call]
        cash_back = min(total, cash_spent) - min(done, cash_spent)
        self.wallet_model.cash += cash_back
        self.wallet_model.promo += amount - cash_back
        self.refunded[call] = total
        self.earnings_model.claw_back(call, clawed)

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def report(self, data: Any) -> None:
        call = data.draw(st.sampled_from(sorted(self.ended)))
        for _ in range(2):
            held = self.do(self.books.holds.place(call, PROVIDER, now_ms=self.now_ms))
            assert held == self.earnings_model.waiting.get(call, 0)
        self.earnings_model.reported.add(call)

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def decide(self, data: Any) -> None:
        """Also of calls nobody reported: nothing happens to them."""
        call = data.draw(st.sampled_from(sorted(self.ended)))
        reported = call in self.earnings_model.reported
        for _ in range(2):
            self.do(self.books.holds.free(call, PROVIDER, now_ms=self.now_ms))
        if reported:
            self.earnings_model.free(call, self.now_ms)

    @rule(passed=st.sampled_from([0, 50_000, 100_000]))
    def keep_up(self, passed: int) -> None:
        self.now_ms += passed
        self.do(self.books.upkeep.run(now_ms=self.now_ms))
        self.earnings_model.release(self.now_ms)

    @precondition(lambda self: self.earnings_model.available > 0)
    @rule(verdict=st.sampled_from(["paid", "rejected"]), data=st.data())
    def pay_out(self, verdict: Any, data: Any) -> None:
        amount = data.draw(st.integers(1, self.earnings_model.available))
        payout = self.do(
            self.books.payouts.request(
                PROVIDER, amount, key=self.key(), note="", now_ms=self.now_ms
            )
        )
        self.do(self.books.payouts.settle(payout.id, verdict, note="", now_ms=self.now_ms))
        if verdict == "paid":
            self.earnings_model.available -= amount
            self.earnings_model.paid += amount

    @invariant()
    def everyone_has_what_the_model_says(self) -> None:
        if not hasattr(self, "books"):
            return
        wallet = self.do(self.books.wallets.of(CLIENT))
        assert wallet.held_micros == self.wallet_model.held
        assert wallet.available_micros == self.wallet_model.free
        assert wallet.promo_micros == self.wallet_model.promo
        earnings = self.do(self.books.earnings.of(PROVIDER))
        assert earnings.pending_micros == self.earnings_model.pending
        assert earnings.held_micros == self.earnings_model.held
        assert earnings.available_micros == self.earnings_model.available
        assert earnings.paid_out_micros == self.earnings_model.paid
        report = self.do(audit(self.books.partitions))
        assert report.ok, report.problems

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.do(self.redis.aclose())
            self.loop.close()


@pytest.fixture
def machine(valkey: EmbeddedStore) -> type[BooksMachine]:
    BooksMachine.url = valkey.url
    return BooksMachine


def test_any_sequence_of_commands_keeps_the_books(machine: type[BooksMachine]) -> None:
    case = machine.TestCase()
    case.settings = settings(
        max_examples=40,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case.runTest()
