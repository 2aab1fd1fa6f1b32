"""The meter of one process: the calls it owns, ticked in batches from the proof it holds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, cast

from msgpack import packb

from metering.store.partitions import Partitions
from metering.store.rows import ASKED, STATUS, TICKED

TickStatus = Literal["ok", "exhausted", "stale_epoch", "ended", "unknown_call"]
_STATUSES = cast("tuple[TickStatus, ...]", STATUS.values)

# A batch longer than this is no faster, and a script should not hold the store for long.
MAX_BATCH = 256
# Scripts sent in one pipeline, and pipelines under way at once: while the store works on one, this
# process packs the next and reads the last. Bounds the memory of a round of ticks.
MAX_PIPELINE = 16
MAX_UNDER_WAY = 3


@dataclass(frozen=True)
class Adopted:
    """A call is this process's now. `proof_base_ms`: what earlier owners proved."""

    epoch: int
    proof_base_ms: int
    seconds: int


class Tick(NamedTuple):
    """Where a call stands after a tick (a tuple: a hundred thousand a second are made of it).

    `seconds` charged for by the tariff, `proof_ms` over all owners, `affordable_s` the seconds left
    that can be paid for (None when free). All zero unless the status is `ok` or `exhausted`.
    """

    call_id: str
    status: TickStatus
    seconds: int
    proof_ms: int
    charged_micros: int
    provider_micros: int
    balance_micros: int
    affordable_s: int | None


# `Tick._make` without its Python: the fields are known to be all there.
_tick_of = cast("Callable[[tuple[Any, ...]], Tick]", partial(tuple.__new__, Tick))


@dataclass(slots=True)
class _Owned:
    partition: int
    epoch: int
    base_ms: int
    proof_ms: int = 0  # the last this process reported, its own part


class Meter:
    """Ticks the calls that `owner` (a relay process) adopted.

    The relay's proof counter of a call starts at zero with the process; the meter adds what
    earlier owners had proven. It never lowers a proof.
    """

    def __init__(self, partitions: Partitions, owner: str) -> None:
        self._partitions = partitions
        self.owner = owner
        self._owned: dict[str, _Owned] = {}

    async def adopt(self, call_id: str, now_ms: int) -> Adopted:
        """Takes a call over: raises its epoch, and every older owner is fenced off.

        Again while this process still owns it: changes nothing. Raises UnknownCallError,
        CallEndedError.
        """
        del now_ms  # the epoch is a fence, not a lease: it does not run out
        partition = self._partitions.of_call(call_id)
        known = self._owned.get(call_id)
        held = known.epoch if known else 0
        epoch, proof_ms, seconds = await self._partitions.scripts.run(
            "calls/adopt", partition, call_id, self.owner, held
        )
        known = self._owned.get(call_id)
        if known is None or known.epoch != epoch:
            # A process that lost the call and takes it back goes on with its old counter.
            own_ms = known.proof_ms if known else 0
            known = _Owned(partition, epoch, proof_ms - own_ms, own_ms)
            self._owned[call_id] = known
        return Adopted(epoch, known.base_ms, seconds)

    async def tick(self, proofs: Mapping[str, int], now_ms: int) -> list[Tick]:
        """Charges each call for what is proven: call id → this process's proof in milliseconds.

        One script call per partition and 256 calls. Answers every call's state, a lost answer is
        mended by the next tick. A call this process never adopted answers `stale_epoch`.
        Raises the first failure of a batch after all the others were charged.
        """
        by_partition: defaultdict[int, list[str]] = defaultdict(list)
        ticks: list[Tick] = []
        for call_id in proofs:
            owned = self._owned.get(call_id)
            if owned is None:
                ticks.append(_not_owned(call_id))
            else:
                by_partition[owned.partition].append(call_id)
        batches = [
            (partition, calls[first : first + MAX_BATCH])
            for partition, calls in by_partition.items()
            for first in range(0, len(calls), MAX_BATCH)
        ]
        pipelines = iter(
            [batches[at : at + MAX_PIPELINE] for at in range(0, len(batches), MAX_PIPELINE)]
        )
        failures: list[Exception] = []

        async def work() -> None:
            for pipeline in pipelines:  # shared: each worker takes the next
                # Made only now: the store works on the pipelines before this one meanwhile.
                rows = [(at, self._rows(calls, proofs, ticks)) for at, calls in pipeline]
                rows = [(at, each) for at, each in rows if each]
                packed = [(at, (now_ms, self.owner, packb(each))) for at, each in rows]
                try:
                    replies = await self._partitions.scripts.run_many("calls/tick", packed)
                except Exception as error:
                    failures.append(error)
                    continue
                for (_, each), reply in zip(rows, replies, strict=True):
                    if isinstance(reply, Exception):
                        failures.append(reply)
                    else:
                        ticks.extend(_ticks_of(ASKED.columns(each)["call"], reply))

        await asyncio.gather(*(work() for _ in range(min(MAX_UNDER_WAY, len(batches)))))
        if failures:
            raise failures[0]
        return ticks

    def _rows(
        self, calls: list[str], proofs: Mapping[str, int], ticks: list[Tick]
    ) -> list[str | int]:
        """A batch as the script reads it: rows `asked`, the proof over all owners. A call
        dropped since the round began is answered for in `ticks`."""
        rows: list[str | int] = []
        for call_id in calls:
            owned = self._owned.get(call_id)
            if owned is None:
                ticks.append(_not_owned(call_id))
                continue
            proof_ms = proofs[call_id]
            if proof_ms > owned.proof_ms:  # noqa: PLR1730 - max() costs as much as all the rest
                owned.proof_ms = proof_ms
            rows += (call_id, owned.base_ms + owned.proof_ms, owned.epoch)
        return rows

    def slot(self, call_id: str, slots: int) -> int:
        """Which of so many slots of the second is this call's: whole partitions share one, so that
        ticks spread over the second still come in full batches. 0 for a call it does not own."""
        owned = self._owned.get(call_id)
        return owned.partition % slots if owned else 0

    def drop(self, call_id: str) -> None:
        """Forgets a call: it ended, or another process has it."""
        self._owned.pop(call_id, None)

    def owned(self) -> list[str]:
        """The calls this process believes it owns."""
        return list(self._owned)


def _not_owned(call_id: str) -> Tick:
    return Tick(call_id, "stale_epoch", 0, 0, 0, 0, 0, None)


def _ticks_of(calls: Iterable[Any], reply: list[Any]) -> Iterable[Tick]:
    """The flat answer to a batch, in the order its calls were asked for."""
    column = TICKED.columns(reply)
    rows = zip(
        calls,
        [_STATUSES[each] for each in column["status"]],
        column["n"],
        column["proof"],
        column["charged"],
        column["share"],
        column["balance"],
        [each if each >= 0 else None for each in column["left"]],
        strict=True,
    )
    return map(_tick_of, rows)
