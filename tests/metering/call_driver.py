"""The moves of a call, as a web process or a relay makes them, for tests to read well."""

from __future__ import annotations

from dataclasses import dataclass, field

from metering.audit.audit import audit
from metering.books import Books
from metering.calls.calls import OpenedCall
from metering.calls.meter import Meter, Tick
from metering.calls.receipts import CallReceipt
from metering.tariff import Tariff

CLIENT, PROVIDER, SERVICE = "alice", "bob", "chess"


@dataclass
class CallDriver:
    """One client, one provider, one relay; `now_ms` moves only when told."""

    books: Books
    tariff: Tariff
    now_ms: int = 1_000_000_000
    client: str = CLIENT
    provider: str = PROVIDER
    call: str = ""
    keys: int = 0
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.books.partitions, "relay-1")

    async def pay_in(self, micros: int) -> None:
        self.keys += 1
        await self.books.wallets.top_up(
            self.client, micros, key=f"pay-{self.keys}", source="operator", now_ms=self.now_ms
        )

    async def ring(self, **changes: object) -> OpenedCall:
        """Opens a call by the quote's tariff, without a relay yet."""
        quote = await self.books.calls.quote(self.client, SERVICE, self.tariff, now_ms=self.now_ms)
        self.call = self.books.calls.new_id(self.client)
        return await self.books.calls.open(
            self.call,
            client_id=self.client,
            provider_id=self.provider,
            service_id=SERVICE,
            tariff=quote.tariff,
            now_ms=self.now_ms,
            **changes,  # type: ignore[arg-type]
        )

    async def answer(self, **changes: object) -> OpenedCall:
        """Opens a call and lets the relay adopt it."""
        opened = await self.ring(**changes)
        await self.meter.adopt(self.call, self.now_ms)
        return opened

    async def prove(self, seconds: float) -> Tick:
        """The relay has seen `seconds` of media in all; the meter ticks."""
        self.now_ms += 1000
        (tick,) = await self.meter.tick({self.call: int(seconds * 1000)}, self.now_ms)
        return tick

    async def hang_up(self, reason: str = "client_hung_up") -> CallReceipt:
        return await self.books.calls.end(self.call, reason, now_ms=self.now_ms)

    async def talk(self, seconds: float) -> CallReceipt:
        """A whole call of this length."""
        await self.answer()
        await self.prove(seconds)
        return await self.hang_up()

    async def money(self) -> int:
        wallet = await self.books.wallets.of(self.client)
        return wallet.available_micros + wallet.held_micros

    async def assert_audit_clean(self) -> None:
        report = await audit(self.books.partitions)
        assert report.ok, report.problems
