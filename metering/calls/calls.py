"""Calls in the books: quote, open with a hold, where it stands, end with a receipt."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

import msgpack

from metering.calls.receipts import CallReceipt, receipt_of
from metering.earnings.delivery import Shares
from metering.errors import (
    CurrencyError,
    InsufficientFundsError,
    OutOfRangeError,
    UnknownCallError,
)
from metering.money import MAX_MICROS, check_amount
from metering.store.keys import check_id, key, new_call_id
from metering.store.partitions import Partitions
from metering.store.requests import request_hash
from metering.store.rows import METER
from metering.tariff import Tariff, affordable_seconds, hold_micros

DEFAULT_PROBES_PER_DAY = 1


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
class LiveCall:
    """A call that is open in the books."""

    call_id: str
    client_id: str
    provider_id: str
    service_id: str
    opened_at_ms: int
    epoch: int
    owner: str


_NO_OWNER: dict[str, Any] = {"epoch": 0, "owner": ""}


class Calls:
    """The calls of the books."""

    def __init__(self, partitions: Partitions, shares: Shares) -> None:
        self._partitions = partitions
        self._shares = shares

    async def quote(
        self,
        client_id: str,
        service_id: str,
        tariff: Tariff,
        *,
        now_ms: int,
        probe_limit_per_day: int = DEFAULT_PROBES_PER_DAY,
    ) -> Quote:
        """What a call would cost this client now. Open the call with the quote's own tariff."""
        self._check_tariff(tariff)
        cash, promo, _, used = await self._partitions.scripts.run(
            "wallets/wallet",
            self._partitions.of(client_id),
            client_id,
            check_id(service_id),
            now_ms,
        )
        limited = tariff.price_micros > 0 and probe_limit_per_day > 0
        if tariff.threshold_s and limited and used >= probe_limit_per_day:
            tariff = tariff.without_threshold()
        return Quote(
            tariff=tariff,
            free_probe=tariff.threshold_s > 0,
            available_micros=cash + promo,
            needed_micros=hold_micros(tariff),
            affordable_s=affordable_seconds(tariff, cash + promo),
        )

    def new_id(self, client_id: str) -> str:
        """A fresh id for a call of this client; it carries the client's partition."""
        return new_call_id(client_id, self._partitions.count)

    async def open(
        self,
        call_id: str,
        *,
        client_id: str,
        provider_id: str,
        service_id: str,
        tariff: Tariff,
        now_ms: int,
        probe_limit_per_day: int = DEFAULT_PROBES_PER_DAY,
        spending_cap_micros: int | None = None,
    ) -> OpenedCall:
        """Locks the tariff and holds the first minutes. Idempotent by `call_id`.

        `tariff` is the quote's: when the free probe was used up in between, PriceChangedError.
        Raises InsufficientFundsError (facts `needed`, `available`), AlreadyInCallError,
        DuplicateKeyError (this id was opened for something else), CallEndedError, CurrencyError,
        OutOfRangeError (a spending cap below one charged second among them).
        """
        partition = self._partitions.of_call(call_id)
        if partition != self._partitions.of(client_id):
            raise UnknownCallError("This call id belongs to another client.")
        self._check_tariff(tariff)
        hold = hold_micros(tariff)
        if hold > MAX_MICROS:
            raise InsufficientFundsError(needed=MAX_MICROS, available=0)
        cap = -1
        if spending_cap_micros is not None:
            cap = check_amount(spending_cap_micros, low=0)
            first = affordable_seconds(tariff, cap)
            if first is not None and first <= tariff.threshold_s:
                raise OutOfRangeError("The spending cap is below the first charged second.")
            hold = min(hold, cap)
        paid = tariff.price_micros > 0
        free_now = tariff.threshold_s > 0 and paid
        request = {
            "hash": request_hash(
                client_id, check_id(provider_id), check_id(service_id), tariff.as_list(), cap
            ),
            "tariff": hot_row(tariff, cap, client_id, provider_id),
            "record": {
                "client": client_id,
                "provider": provider_id,
                "service": service_id,
                "tariff": tariff.as_list(),
                "probe_limit": max(0, probe_limit_per_day),
            },
            "hold": hold,
            "paid": paid,
            "probe_limit": max(0, probe_limit_per_day) if free_now else 0,
        }
        held, before = await self._partitions.scripts.run(
            "calls/open", partition, call_id, now_ms, msgpack.packb(request)
        )
        money = before if cap < 0 else min(before, cap)
        return OpenedCall(call_id, held, affordable_seconds(tariff, money), before)

    async def meter(self, call_id: str) -> MeterState:
        """Where a call stands, live or ended. Raises UnknownCallError."""
        state, facts = await self._partitions.scripts.run(
            "calls/peek", self._partitions.of_call(call_id), call_id
        )
        tariff = Tariff.from_list(facts["tariff"])
        epoch, owner = _token(facts["token"] if state == "live" else facts["epoch"])
        affordable = facts.get("affordable", -1)
        return MeterState(
            call_id=call_id,
            client_id=facts["client"],
            provider_id=facts["provider"],
            service_id=facts["service"],
            tariff=tariff,
            state="live" if state == "live" else "ended",
            opened_at_ms=facts["opened_at"],
            seconds=facts["n"],
            proof_ms=facts["proof"],
            charged_micros=facts["charged"],
            provider_micros=facts["share"],
            balance_micros=facts["balance"] if state == "live" else facts["after"],
            affordable_s=None if affordable < 0 else affordable,
            free_left_s=max(0, tariff.threshold_s - facts["n"]),
            epoch=epoch,
            owner=owner,
        )

    async def raise_cap(self, call_id: str, spending_cap_micros: int | None) -> int | None:
        """Raises the most the client pays for a live call; None lifts it. Answers what counts now.

        Never lowers it, so repeating it is harmless. Raises UnknownCallError, CallEndedError,
        OutOfRangeError.
        """
        cap = -1 if spending_cap_micros is None else check_amount(spending_cap_micros)
        partition = self._partitions.of_call(call_id)
        now = await self._partitions.scripts.run("calls/raise_cap", partition, call_id, cap)
        return None if now < 0 else int(now)

    async def pause(self, call_id: str, *, now_ms: int) -> None:
        """Notes that the clock was stopped by the provider, for the receipt.

        What stops the charging is the proof: the relay counts no second while it is told not to.
        Pausing a paused call changes nothing. Raises UnknownCallError, CallEndedError.
        """
        await self._note_pause(call_id, "pause", now_ms)

    async def resume(self, call_id: str, *, now_ms: int) -> None:
        """Notes that the clock runs again. Resuming a running call changes nothing."""
        await self._note_pause(call_id, "resume", now_ms)

    async def end(self, call_id: str, reason: str, *, now_ms: int) -> CallReceipt:
        """Ends a call: charges what is proven, releases the rest of the hold, stores the receipt.

        Idempotent: an ended call answers its receipt, whatever the reason given now. The receipt is
        on disk when this returns, and the provider's share is on its way home (a share that could
        not be delivered now stays in the outbox for `deliver`). Raises UnknownCallError.
        """
        partition = self._partitions.of_call(call_id)
        fresh, facts = await self._partitions.scripts.run(
            "calls/end", partition, call_id, now_ms, reason
        )
        if fresh:
            await self._shares.deliver(call_id)
        await self._partitions.barrier(partition)
        return receipt_of(call_id, facts, await self._refund_facts(call_id))

    async def receipt(self, call_id: str) -> CallReceipt | None:
        """The receipt of an ended call, None while it is open. Raises UnknownCallError."""
        state, facts = await self._partitions.scripts.run(
            "calls/peek", self._partitions.of_call(call_id), call_id
        )
        if state == "live":
            return None
        return receipt_of(call_id, facts, await self._refund_facts(call_id))

    async def live(self) -> list[LiveCall]:
        """All calls that are open in the books, over all partitions."""
        records, meters = await asyncio.gather(
            self._partitions.every("HGETALL", "call"), self._partitions.every("HGETALL", "meter")
        )
        calls = []
        for known, rows in zip(records, meters, strict=True):
            for call, packed in known.items():
                record = msgpack.unpackb(packed)
                meter = METER.unpack(rows[call]) if call in rows else _NO_OWNER
                calls.append(
                    LiveCall(
                        call_id=call.decode(),
                        client_id=record["client"],
                        provider_id=record["provider"],
                        service_id=record["service"],
                        opened_at_ms=record["opened_at"],
                        epoch=meter["epoch"],
                        owner=meter["owner"],
                    )
                )
        return calls

    async def orphans(self, *, alive: set[str], opened_before_ms: int) -> list[LiveCall]:
        """Open calls that no living process ticks: their owner is not among `alive`, and they were
        opened before the given time (a call that still rings has no owner yet)."""
        return [
            call
            for call in await self.live()
            if call.owner not in alive and call.opened_at_ms < opened_before_ms
        ]

    async def _refund_facts(self, call_id: str) -> dict[str, Any] | None:
        place = key(self._partitions.of_call(call_id), "refund")
        packed = await self._partitions.redis.execute_command("HGET", place, call_id)
        facts: dict[str, Any] | None = msgpack.unpackb(packed) if packed else None
        return facts

    async def _note_pause(self, call_id: str, what: str, now_ms: int) -> None:
        partition = self._partitions.of_call(call_id)
        await self._partitions.scripts.run("calls/pause", partition, call_id, what, now_ms)

    def _check_tariff(self, tariff: Tariff) -> None:
        if tariff.currency != self._partitions.currency:
            raise CurrencyError(
                f"The books are kept in {self._partitions.currency}, not {tariff.currency}."
            )


def hot_row(tariff: Tariff, cap: int, client_id: str, provider_id: str) -> dict[str, int | str]:
    """The row `tariff` of a call, by name; the script adds the held sums. `cap` is in micros."""
    return {
        "client": client_id,
        "price": tariff.price_micros,
        "period": tariff.period_s,
        "free": tariff.threshold_s,
        "gift": 1 if tariff.threshold_mode == "gift" else 0,
        "initial": tariff.initial_s,
        "increment": tariff.increment_s,
        "bps": tariff.commission_bps,
        "cap": cap,
        "provider": provider_id,
    }


def _token(token: str) -> tuple[int, str]:
    epoch, _, owner = token.partition(":")
    return int(epoch), owner
