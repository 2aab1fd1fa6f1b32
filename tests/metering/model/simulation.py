"""The simulation: real code with real scripts in a seeded world, invariants at every step.

People pay in, open calls and hang up; relays carry media, tick, pause, crash and lose calls to each
other; the store loses, repeats and delays requests and forgets what was not on disk; the wall clock
steps. After every step the audit must be clean. In the end the world heals, every request is
repeated until it is answered, and all money is accounted for.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio

from metering.audit.audit import audit
from metering.books import Books
from metering.calls.meter import Meter
from metering.calls.receipts import CallReceipt
from metering.errors import MeteringError, OutOfRangeError, UnknownCallError
from metering.items import UnfinishedError
from metering.tariff import charge_micros
from metering.wallets.codes import code_digest
from tests.metering.model.actors import CLIENTS, PROVIDERS, SERVICES, Media, Relay, any_tariff
from tests.metering.model.final_check import BrokenError, check_all_money, expect, net, only_lost
from tests.metering.model.reports import Reports
from tests.metering.model.world import CrashError, FaultyStore, LostError

PARTITIONS = 2
Request = Callable[[], Awaitable[Any]]


@dataclass
class Simulation:
    """One world. `make_books` and `make_meter` let a test plant a bug."""

    server: redis.asyncio.Redis
    seed: int
    make_books: Callable[[Any], Books] = field(
        default=lambda store: Books(store, partitions=PARTITIONS, dispute_window_s=600)
    )
    make_meter: Callable[[Books, str], Meter] = Meter

    async def run(self, steps: int = 50) -> dict[str, int]:
        """Plays `steps` steps and heals. Raises BrokenError; returns the faults that were met."""
        await self.server.flushall()
        self.rng = random.Random(self.seed)
        self.store = FaultyStore(self.server, self.rng)
        self.books = self.make_books(self.store)
        self.honest = Books(self.server, partitions=PARTITIONS, dispute_window_s=600)
        self.now_ms = 1_700_000_000_000
        self.serial = 0
        self.checked = (-1, -1)
        self.media: dict[str, Media] = {}
        self.open: dict[str, str] = {}  # client → its call that may be open
        self.over: set[str] = set()
        self.exhausted: set[str] = set()
        self.pending: list[Request] = []
        self.refused: list[Request] = []
        self.paid_in = dict.fromkeys(CLIENTS, 0)
        self.granted = dict.fromkeys(CLIENTS, 0)  # of it as promotional credit
        self.taken_out: dict[str, tuple[str, int]] = {}  # by request key
        self.reports = Reports(self.server, self.books, self.honest, self.rng)
        await self.store.load_scripts(self.books.partitions.scripts)
        self.relays = {name: self._relay(name) for name in ("r1", "r2")}
        self.codes = await self.honest.vouchers.create(
            250_000, 6, expires_at_ms=None, note="", created_by="op", now_ms=self.now_ms
        )
        await self.store.keep_hash("{vouchers}:code")  # they were made past the faulty store
        moves = [
            (self.pay_in, 3),
            (self.redeem, 1),
            (self.redeem_two, 1),
            (self.rescue, 3),
            (self.take_out, 1),
            (self.ring, 7),
            (self.hang_up, 4),
            (self.take_over, 3),
            (self.talk, 3),
            (self.live, 18),
            (self.tick, 3),
            (self.refund, 3),
            (self.complain, 1),
            (self.pay_out, 2),
            (self.keep_up, 2),
            (self.step_clock, 1),
            (self.crash_relay, 2),
            (self.lose_writes, 1),
            (self.late_arrival, 3),
            (self.try_again, 6),
        ]
        kinds, weights = zip(*moves, strict=True)
        for client in CLIENTS:
            await self.pay_in(client)
        for _ in range(steps):
            self.store.chance = self.rng.choice([0.0, 0.05, 0.2])
            (move,) = self.rng.choices(kinds, weights)
            await self._survive(move)
            await self._check()
        await self._heal()
        return self.store.faults

    async def pay_in(self, client: str = "") -> None:
        client = client or self.rng.choice(CLIENTS)
        amount = self.rng.choice([3_000_000, 700_000, 77_777])
        self.paid_in[client] += amount
        promo, key = self.rng.random() < 0.25, self._key()
        if promo:
            self.granted[client] += amount
        await self._request(
            lambda: self.books.wallets.top_up(
                client, amount, key=key, source="sim", now_ms=self.now_ms, promo=promo
            )
        )

    async def rescue(self) -> None:
        """Money comes in for a call that has none left; it goes on, or ends before a tick."""
        short = sorted(self.exhausted & set(self.open.values()) - self.over)
        if short:
            client = self.media[self.rng.choice(short)].client
            await self.pay_in(client)
            if self.rng.random() < 0.5:
                await self.hang_up(client)

    async def redeem(self) -> None:
        if self.codes:
            code, client, key = self.codes.pop(), self.rng.choice(CLIENTS), self._key()
            self.paid_in[client] += 250_000
            await self._request(
                lambda: self.books.vouchers.redeem(client, code, key=key, now_ms=self.now_ms)
            )

    async def redeem_two(self) -> None:
        """Two codes under one key, each claimed before the other is credited: two processes."""
        if len(self.codes) > 1:
            two, client, key = (
                [self.codes.pop(), self.codes.pop()],
                self.rng.choice(CLIENTS),
                self._key(),
            )
            self.paid_in[client] += 500_000

            async def redeem() -> None:
                for code in two:
                    digest = code_digest(code)
                    await self.books.vouchers._claim(client, digest, key, self.now_ms)
                for code in two:
                    await self.books.vouchers.redeem(client, code, key=key, now_ms=self.now_ms)

            await self._request(redeem)

    async def take_out(self) -> None:
        client, key = self.rng.choice(CLIENTS), self._key()
        wallet = await self.honest.wallets.of(client)
        cash = wallet.available_micros - wallet.promo_micros
        if cash > 0:
            amount = self.rng.randint(1, cash)

            async def withdraw() -> None:
                await self.books.wallets.withdraw(
                    client, amount, key=key, source="sim", note="", now_ms=self.now_ms
                )
                self.taken_out[key] = (client, amount)

            await self._request(withdraw)

    async def ring(self) -> None:
        idle = [each for each in CLIENTS if each not in self.open]
        if not idle:
            return
        client = self.rng.choice(idle)
        base = any_tariff(self.rng)
        service, provider = self.rng.choice(SERVICES), self.rng.choice(PROVIDERS)
        quote = await self.honest.calls.quote(client, service, base, now_ms=self.now_ms)
        call = f"{self.honest.partitions.of(client):04x}-{self._key()}"
        if quote.needed_micros > quote.available_micros:
            return
        cap = None
        if self.rng.random() < 0.3:
            cap = quote.needed_micros + self.rng.randint(0, 500_000)
        self.open[client] = call
        # Now and then by an outdated quote, which the books must refuse.
        tariff = base if self.rng.random() < 0.5 else quote.tariff
        self.media[call] = Media(client, tariff)

        async def start() -> None:
            if call not in self.over:
                await self.books.calls.open(
                    call,
                    client_id=client,
                    provider_id=provider,
                    service_id=service,
                    tariff=tariff,
                    now_ms=self.now_ms,
                    spending_cap_micros=cap,
                )

        await self._request(start)
        if self.rng.random() < 0.8:
            await self.take_over(call)

    async def hang_up(self, client: str = "") -> None:
        if self.open:
            client = client or self.rng.choice(sorted(self.open))
            call = self.open[client]
            self.over.add(call)

            async def end() -> None:
                await self.books.calls.end(call, "client_hung_up", now_ms=self.now_ms)
                if self.open.get(client) == call:
                    del self.open[client]

            await self._request(end)
            if self.rng.random() < 0.3:
                await self.complain()

    async def refund(self) -> None:
        receipts = [each for each in await self._receipts() if each.charged_micros]
        if receipts:
            chosen, key = self.rng.choice(receipts), self._key()
            amount = self.rng.randint(1, chosen.charged_micros)
            await self._request(
                lambda: self.books.refunds.give(
                    chosen.call_id, amount, key=key, note="", now_ms=self.now_ms
                )
            )

    async def complain(self) -> None:
        """A client reports a call, or the operator decides a report."""
        receipts = [each for each in await self._receipts() if each.provider_micros]
        if self.reports.open and self.rng.random() < 0.3:
            await self._request(self.reports.decide(self.now_ms))
        elif receipts:
            await self._request(await self.reports.file(receipts, self.now_ms))

    async def pay_out(self) -> None:
        provider, key = self.rng.choice(PROVIDERS), self._key()
        await self._survive(self._release)
        available = (await self.honest.earnings.of(provider)).available_micros
        if available > 0:
            amount = self.rng.randint(1, available)
            verdict: Any = self.rng.choice(["paid", "rejected"])

            async def payout() -> None:
                asked = await self.books.payouts.request(
                    provider, amount, key=key, note="", now_ms=self.now_ms
                )
                await self.books.payouts.settle(asked.id, verdict, note="", now_ms=self.now_ms)

            await self._request(payout)

    async def _release(self) -> None:
        await self.books.earnings.release(now_ms=self.now_ms + 700_000)

    # What relays do.

    async def take_over(self, call: str = "") -> None:
        """A call's media goes through another relay from now on (or through its first)."""
        call, name = call or self._some_call(), self.rng.choice(sorted(self.relays))
        if call:
            relay = self.relays[name]
            await relay.meter.adopt(call, self.now_ms)
            relay.proofs.setdefault(call, 0)
            self.media[call].at = name

    async def talk(self) -> None:
        passed = self.rng.choice([200, 1000, 1000, 3300, 15_000, 60_000])
        self.now_ms += passed
        for call, media in self.media.items():
            relay = self.relays.get(media.at)
            if relay and call in relay.proofs and call not in self.over:
                media.flowed_ms += passed
                relay.proofs[call] += passed

    async def live(self) -> None:
        """Time passes and both relays tick, as in most seconds of the world."""
        await self.talk()
        for name in sorted(self.relays):
            await self.tick(name)

    async def tick(self, name: str = "") -> None:
        relay = self.relays[name or self.rng.choice(sorted(self.relays))]
        for tick in await relay.meter.tick(dict(relay.proofs), self.now_ms):
            media = self.media[tick.call_id]
            if tick.status == "exhausted":
                self.exhausted.add(tick.call_id)
            if tick.status in ("ok", "exhausted"):
                expect(
                    tick.charged_micros == charge_micros(media.tariff, tick.seconds),
                    f"tick of {tick.call_id} does not charge its seconds",
                )
                expect(tick.proof_ms <= media.flowed_ms, f"{tick.call_id} has proof of nothing")
            elif tick.status == "stale_epoch" and self.rng.random() < 0.5:
                relay.meter.drop(tick.call_id)
                relay.proofs.pop(tick.call_id, None)

    async def crash_relay(self) -> None:
        name = self.rng.choice(sorted(self.relays))
        self.relays[name] = self._relay(name)

    # What the world does.

    async def keep_up(self) -> None:
        kept = await self.books.upkeep.run(now_ms=self.now_ms + self.rng.choice([0, 700_000]))
        only_lost(kept.failures)

    async def step_clock(self) -> None:
        self.now_ms += self.rng.choice([-3_600_000, -5000, 700_000])

    async def lose_writes(self) -> None:
        await self.store.roll_back()

    async def late_arrival(self) -> None:
        await self.store.deliver_delayed()

    async def try_again(self) -> None:
        if self.pending:
            await self._request(self.pending.pop(self.rng.randrange(len(self.pending))))

    # The machinery.

    def _relay(self, name: str) -> Relay:
        return Relay(self.make_meter(self.books.partitions, name))

    def _key(self) -> str:
        self.serial += 1
        return f"k{self.serial:05d}"

    def _some_call(self) -> str:
        calls = sorted(set(self.open.values()) - self.over)
        return self.rng.choice(calls) if calls else ""

    async def _request(self, request: Request) -> None:
        """Asks; when no answer came, it will be asked again. A refusal is an answer, but a copy
        may still be on its way and be granted later: it is asked once more in the end."""
        try:
            await request()
        except MeteringError:
            self.refused.append(request)
        except (LostError, CrashError):
            self.pending.append(request)

    async def _survive(self, move: Callable[[], Awaitable[None]]) -> None:
        try:
            await move()
        except OutOfRangeError as error:
            raise BrokenError("a command of this world is refused as out of range") from error
        except UnfinishedError as error:
            only_lost(error.failures)
        except (LostError, MeteringError):
            pass
        except CrashError:
            await self.crash_relay()

    async def _receipts(self) -> list[CallReceipt]:
        found = []
        for call in self.media:
            try:
                receipt = await self.honest.calls.receipt(call)
            except UnknownCallError:
                continue
            if receipt:
                found.append(receipt)
        return found

    async def _check(self) -> None:
        if self.checked == (self.store.written, len(self.store.log)):
            return  # nothing was written since
        self.checked = (self.store.written, len(self.store.log))
        report = await audit(self.honest.partitions)
        expect(report.ok, "; ".join(report.problems))
        await self.reports.check()

    async def _heal(self) -> None:
        self.store.chance = 0.0
        while self.store.delayed:
            await self.store.deliver_delayed()
        self.pending += self.refused
        while self.pending:
            await self.try_again()
        for client in list(self.open):
            call = self.open[client]
            try:
                await self.books.calls.end(call, "server_lost", now_ms=self.now_ms)
            except MeteringError:
                continue
        kept = await self.books.upkeep.run(now_ms=self.now_ms + 10**7)
        expect(not kept.failures, f"upkeep cannot finish: {kept.failures}")
        await self._check()
        await self.reports.close_all(PROVIDERS, self.now_ms)
        await self._check()
        came_in = net(self.paid_in, self.taken_out.values(), self.granted)
        await check_all_money(self.honest, came_in, await self._receipts(), self._flowed())

    def _flowed(self) -> dict[str, int]:
        return {call: media.flowed_ms for call, media in self.media.items()}
