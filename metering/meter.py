"""The meter of one process: the calls it owns, ticked in batches from the proof it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgpack

from metering.ledger import Ledger

TickStatus = Literal["ok", "exhausted", "stale_epoch", "ended", "unknown_call"]

# A batch longer than this is no faster, and a script should not hold the store for long.
MAX_BATCH = 256
# Scripts sent in one pipeline: bounds the memory of a round of ticks.
MAX_PIPELINE = 64


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


@dataclass(slots=True)
class _Owned:
    partition: int
    token: str
    epoch: int
    base_ms: int
    proof_ms: int = 0  # the last this process reported, its own part


class Meter:
    """Ticks the calls that `owner` (a relay process) adopted.

    The relay's proof counter of a call starts at zero with the process; the meter adds what
    earlier owners had proven. It never lowers a proof.
    """

    def __init__(self, books: Ledger, owner: str) -> None:
        self._books = books
        self.owner = owner
        self._owned: dict[str, _Owned] = {}

    async def adopt(self, call_id: str, now_ms: int) -> Adopted:
        """Takes a call over: raises its epoch, and every older owner is fenced off.

        Again while this process still owns it: changes nothing. Raises UnknownCallError,
        CallEndedError.
        """
        del now_ms  # the epoch is a fence, not a lease: it does not run out
        partition = self._books.call_partition(call_id)
        known = self._owned.get(call_id)
        held = known.token if known else ""
        epoch, token, proof_ms, seconds = await self._books.scripts.run(
            "adopt", partition, call_id, self.owner, held
        )
        known = self._owned.get(call_id)
        if known is None or known.token != token:
            # A process that lost the call and takes it back goes on with its old counter.
            own_ms = known.proof_ms if known else 0
            known = _Owned(partition, token, epoch, proof_ms - own_ms, own_ms)
            self._owned[call_id] = known
        return Adopted(epoch, known.base_ms, seconds)

    async def tick(self, proofs: Mapping[str, int], now_ms: int) -> list[Tick]:
        """Charges each call for what is proven: call id → this process's proof in milliseconds.

        One script call per partition and 256 calls. Answers every call's state, a lost answer is
        mended by the next tick. A call this process never adopted answers `stale_epoch`.
        Raises the first failure of a batch after all the others were charged.
        """
        by_partition: dict[int, list[tuple[str, str, int, int]]] = {}
        ticks: list[Tick] = []
        for call_id, proof_ms in proofs.items():
            owned = self._owned.get(call_id)
            if owned is None:
                ticks.append(Tick(call_id, "stale_epoch", 0, 0, 0, 0, 0, None))
                continue
            owned.proof_ms = max(owned.proof_ms, proof_ms)
            row = (call_id, owned.token, owned.base_ms + owned.proof_ms, owned.epoch)
            by_partition.setdefault(owned.partition, []).append(row)
        batches = [
            (partition, (now_ms, msgpack.packb(rows[first : first + MAX_BATCH])))
            for partition, rows in by_partition.items()
            for first in range(0, len(rows), MAX_BATCH)
        ]
        failure: BaseException | None = None
        for first in range(0, len(batches), MAX_PIPELINE):
            replies = await self._books.scripts.run_many(
                "tick", batches[first : first + MAX_PIPELINE]
            )
            for reply in replies:
                if isinstance(reply, BaseException):
                    failure = failure or reply
                    continue
                for row in reply:
                    if row[7] < 0:
                        row[7] = None
                    ticks.append(Tick._make(row))
        if failure is not None:
            raise failure
        return ticks

    def drop(self, call_id: str) -> None:
        """Forgets a call: it ended, or another process has it."""
        self._owned.pop(call_id, None)

    def owned(self) -> list[str]:
        """The calls this process believes it owns."""
        return list(self._owned)
