"""The seven invariants as pure rules over one partition's snapshot with its journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from metering.journal.entries import JournalEntry, Legs
from metering.store.rows import MOVED
from metering.tariff import Tariff, charge_micros, platform_micros, provider_micros

_NEVER_NEGATIVE = ("cash", "promo", "hold", "share", "pending", "payout")


@dataclass(frozen=True)
class CallFacts:
    """What the rules need of a call, live or ended."""

    client: str
    provider: str
    tariff: Tariff
    n: int
    proof_ms: int
    epoch: int
    held: int | None  # None once ended


@dataclass(frozen=True)
class PartitionState:
    """One partition at one instant, as `snapshot.lua` answers it.

    `acct`: all balances, those in the meter rows of live calls (`hold:`, `share:`) among them.
    """

    partition: int
    acct: Legs
    base: Legs
    calls: dict[str, CallFacts]
    live: dict[str, str]
    hot_fields: tuple[frozenset[str], ...]
    receipt: dict[str, dict[str, Any]]
    refund: dict[str, dict[str, Any]]
    outbox: dict[str, int]
    moved: dict[str, tuple[int, int]]
    applied: dict[str, dict[str, Any]]
    due: frozenset[str]
    contested: frozenset[str]
    payouts: dict[str, dict[str, Any]]
    first: str
    last: str

    @classmethod
    def of(cls, partition: int, row: dict[str, Any]) -> PartitionState:
        receipts = dict(row["receipt"])
        meters, acct = dict(row["meter"]), dict(row["acct"])
        for call, meter in meters.items():
            acct |= {f"hold:{call}": meter["hold"]} if meter["hold"] else {}
            acct |= {f"share:{call}": meter["share"]} if meter["share"] else {}
        calls = {
            call: _live_facts(tariff, meters.get(call, _NO_METER)) for call, tariff in row["tariff"]
        }
        for call, facts in receipts.items():
            calls[call] = CallFacts(
                facts["client"],
                facts["provider"],
                Tariff.from_list(facts["tariff"]),
                facts["n"],
                facts["proof"],
                _epoch_of(facts["epoch"]),
                None,
            )
        return cls(
            partition=partition,
            acct=acct,
            base=dict(row["base"]),
            calls=calls,
            live=dict(row["live"]),
            hot_fields=tuple(frozenset(name for name, _ in row[key]) for key in _HOT),
            receipt=receipts,
            refund=dict(row["refund"]),
            outbox=dict(row["outbox"]),
            moved={call: _moved(packed) for call, packed in row["moved"]},
            applied=dict(row["applied"]),
            due=frozenset(row["due"]),
            contested=frozenset(row["contested"]),
            payouts=dict(row["payouts"]),
            first=row["first"],
            last=row["last"],
        )

    def live_calls(self) -> Iterator[tuple[str, CallFacts]]:
        return ((call, facts) for call, facts in self.calls.items() if facts.held is not None)

    def owed(self, call: str) -> int:
        """The provider's share of an ended call that is not yet moved home (or back)."""
        share, claw = self.moved.get(call, (0, 0))
        clawed = self.refund.get(call, {}).get("share", 0)
        owed: int = (self.receipt[call]["share"] - share) - (clawed - claw)
        return owed


_HOT = ("tariff", "meter")
_NO_METER = {"n": -1, "proof": -1, "epoch": 0}


def check_partition(state: PartitionState) -> list[str]:
    """Invariants 1 to 4, and the near side of 5, in one partition."""
    problems = [*_check_balances(state), *_check_calls(state), *_check_shares(state)]
    problems += [*_check_refunds(state), *_check_home(state)]
    return [f"partition {state.partition:04x}: {problem}" for problem in problems]


def _check_balances(state: PartitionState) -> Iterator[str]:
    total = sum(state.acct.values())
    if total:
        yield f"(1) the balances sum to {total}, not to zero"
    for account, balance in state.acct.items():
        kind, _, owner = account.partition(":")
        if balance < 0 and kind in _NEVER_NEGATIVE:
            yield f"(3) {account} is negative: {balance}"
        if kind in ("hold", "share"):
            facts = state.calls.get(owner)
            if facts is None or facts.held is None:
                yield f"(3) {account} has {balance}, but the call is not live"


def _check_calls(state: PartitionState) -> Iterator[str]:
    fields = state.hot_fields
    if any(names != fields[0] for names in fields):
        yield "(2) the records of live calls do not name the same calls"
        return
    for call, facts in state.calls.items():
        if facts.n > facts.proof_ms // 1000:
            yield f"(2) call {call}: {facts.n} s charged for, only {facts.proof_ms} ms proven"
    for call, facts in state.live_calls():
        charged = charge_micros(facts.tariff, facts.n)
        expected = max(0, (facts.held or 0) - charged)
        if state.acct.get(f"hold:{call}", 0) != expected:
            yield f"(2) call {call}: the hold is not what {charged} charged leave of it"
        share = provider_micros(facts.tariff, facts.n)
        if state.acct.get(f"share:{call}", 0) != share:
            yield f"(2) call {call}: the provider's share of {charged} is not {share}"
        if facts.tariff.price_micros and state.live.get(facts.client) != call:
            yield f"(3) call {call} is open, but not the live call of its client"
    for client, call in state.live.items():
        if call not in fields[0]:
            yield f"(3) client {client} is locked in call {call}, which is not open"
    for call, receipt in state.receipt.items():
        yield from _check_receipt(call, state.calls[call], receipt)


def _check_receipt(call: str, facts: CallFacts, receipt: dict[str, Any]) -> Iterator[str]:
    tariff, seconds = facts.tariff, facts.n
    charged = charge_micros(tariff, seconds)
    if receipt["charged"] != charged:
        yield f"(2) call {call} was charged {receipt['charged']}, its tariff says {charged}"
    if receipt["fee"] != platform_micros(tariff, seconds) or (
        receipt["share"] != provider_micros(tariff, seconds)
    ):
        yield f"(2) call {call}: the split between provider and platform is wrong"
    if seconds <= tariff.threshold_s and receipt["charged"]:
        yield f"(4) call {call} ended inside its free threshold, but was charged"
    if receipt["cap"] >= 0 and receipt["charged"] > receipt["cap"]:
        yield f"(2) call {call} was charged more than the client's spending cap"


def _check_shares(state: PartitionState) -> Iterator[str]:
    expected: Legs = defaultdict(int)
    for call, receipt in state.receipt.items():
        owed = state.owed(call)
        expected[receipt["provider"]] += owed
        share, claw = state.moved.get(call, (0, 0))
        clawed = state.refund.get(call, {}).get("share", 0)
        if share > receipt["share"] or claw > clawed:
            yield f"(5) call {call}: more was moved home than there was"
        settled = share == receipt["share"] and claw == clawed
        if settled == (call in state.outbox):
            yield f"(5) call {call}: the outbox does not say what is still to be moved"
        elif not settled and state.outbox[call] != owed:
            yield f"(5) call {call}: the outbox says {state.outbox[call]}, owed is {owed}"
    found = {
        account.partition(":")[2]: balance
        for account, balance in state.acct.items()
        if account.startswith("earn:")
    }
    for provider in expected.keys() | found.keys():
        if found.get(provider, 0) != expected.get(provider, 0):
            yield f"(5) earn:{provider} is not the sum of the shares on their way"


def _check_refunds(state: PartitionState) -> Iterator[str]:
    """Split as the charge was, never above it."""
    for call, refund in state.refund.items():
        receipt = state.receipt.get(call)
        if receipt is None or not 0 < refund["charged"] <= receipt["charged"]:
            yield f"(2) call {call}: more was given back than was charged"
        elif refund["fee"] > receipt["fee"] or refund["share"] > receipt["share"]:
            yield f"(2) call {call}: its refund is not split as its charge was"
        elif refund["fee"] + refund["share"] != refund["charged"]:
            yield f"(2) call {call}: the parts of its refund do not add up"


def _check_home(state: PartitionState) -> Iterator[str]:
    """What providers have at home is what the calls and payouts behind it say; every pending share
    waits for its day, or is held for a report."""
    expected: Legs = defaultdict(int)
    for call, row in state.applied.items():
        expected[f"pending:{row['provider']}"] += row["due"]
        if row["due"] and call not in state.due | state.contested:
            yield f"(5) call {call}: its share is pending, but waits for nothing"
    for call in state.due & state.contested:
        yield f"(5) call {call}: its share is held for a report, but will become available"
    for payout in state.payouts.values():
        if payout["state"] == "requested":
            expected[f"payout:{payout['provider']}"] += payout["amount"]
    found = {
        account: balance
        for account, balance in state.acct.items()
        if account.startswith(("pending:", "payout:"))
    }
    for account in expected.keys() | found.keys():
        if expected.get(account, 0) != found.get(account, 0):
            yield f"(5) {account} is not the sum of what is behind it"


@dataclass
class JournalCheck:
    """Invariants 2, 6 and 7 along the journal: feed it every entry in order, then `finish`."""

    state: PartitionState
    problems: list[str] = field(default_factory=list)
    entries: int = 0
    _balances: Legs = field(default_factory=lambda: defaultdict(int))
    _charged: dict[str, int] = field(default_factory=dict)
    _epochs: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.state.base.items():
            kind, _, call = name.partition(":")
            if kind == "n":  # how far the archived entries had charged a call
                self._charged[call] = value
            else:
                self._balances[name] += value

    def feed(self, entries: Iterable[JournalEntry]) -> None:
        for entry in entries:
            self.entries += 1
            if sum(entry.legs.values()):
                self._say(f"(1) journal entry {entry.id} does not sum to zero")
            for account, amount in entry.legs.items():
                self._balances[account] += amount
            if entry.kind in ("charged", "ended"):
                self._check_charge(entry)

    def finish(self) -> list[str]:
        acct = self.state.acct
        for account in self._balances.keys() | acct.keys():
            replayed, kept = self._balances.get(account, 0), acct.get(account, 0)
            if replayed != kept:
                self._say(f"(6) {account} is {kept}, the journal adds up to {replayed}")
        for call, facts in self.state.calls.items():
            charged = charge_micros(facts.tariff, facts.n)
            if charged != charge_micros(facts.tariff, self._charged.get(call, 0)):
                self._say(f"(2) call {call}: what was posted is not C({facts.n}) = {charged}")
        return self.problems

    def _check_charge(self, entry: JournalEntry) -> None:
        """The entry's split must be what the tariffs say for the seconds it names."""
        expected: Legs = defaultdict(int)
        for call, n, epoch in entry.calls:
            facts = self.state.calls.get(call)
            if facts is None:
                self._say(f"(6) journal entry {entry.id} charges call {call}, which is unknown")
                return
            before = self._charged.get(call, 0)
            if n < before or n > facts.n:
                self._say(f"(2) journal entry {entry.id}: call {call} went from {before} to {n} s")
            if epoch < self._epochs.get(call, 0) or epoch > facts.epoch:
                self._say(f"(7) journal entry {entry.id}: call {call} was charged by epoch {epoch}")
            self._charged[call], self._epochs[call] = n, epoch
            share = provider_micros(facts.tariff, n) - provider_micros(facts.tariff, before)
            fee = platform_micros(facts.tariff, n) - platform_micros(facts.tariff, before)
            expected["platform"] += fee
            if entry.kind == "ended":
                expected[f"share:{call}"] = -provider_micros(facts.tariff, before)
                expected[f"earn:{facts.provider}"] = provider_micros(facts.tariff, n)
            else:
                expected[f"share:{call}"] = share
        posted = {name: entry.legs.get(name, 0) for name in expected}
        if posted != dict(expected):
            self._say(f"(2) journal entry {entry.id} does not post what the tariffs say")

    def _say(self, problem: str) -> None:
        self.problems.append(f"partition {self.state.partition:04x}: {problem}")


def check_arrivals(
    moved: dict[str, tuple[int, int]], owed: dict[str, tuple[int, int]], applied: dict[str, Any]
) -> list[str]:
    """Invariant 5 across partitions. `moved` and `owed` (share, claw-back) were read at their
    sources before `applied` was read at home: cleared <= applied <= the provider's part."""
    problems = []
    for call, row in applied.items():
        if call in owed and (row["share"] > owed[call][0] or row["claw"] > owed[call][1]):
            problems.append(f"(5) call {call}: home has applied more than the provider's part")
    for call, (share, claw) in moved.items():
        row = applied.get(call, {"share": 0, "claw": 0})
        if share > row["share"] or claw > row["claw"]:
            problems.append(f"(5) call {call}: cleared at its source before it came home")
    return problems


def _live_facts(row: dict[str, Any], meter: dict[str, Any]) -> CallFacts:
    tariff = Tariff(
        currency="",
        price_micros=row["price"],
        period_s=row["period"],
        threshold_s=row["free"],
        threshold_mode="gift" if row["gift"] else "retroactive",
        initial_s=row["initial"],
        increment_s=row["increment"],
        commission_bps=row["bps"],
        min_minutes=0,
        version=0,
    )
    return CallFacts(
        client=row["client"],
        provider=row["provider"],
        tariff=tariff,
        n=meter["n"],
        proof_ms=meter["proof"],
        epoch=meter["epoch"],
        held=row["held"],
    )


def _moved(row: list[int]) -> tuple[int, int]:
    moved = MOVED.named(row)
    return moved["share"], moved["claw"]


def _epoch_of(token: str) -> int:
    return int(token.partition(":")[0])
