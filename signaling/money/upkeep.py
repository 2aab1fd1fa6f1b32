"""The books' own upkeep, made by one process at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from metering.books import Books
from signaling.kernel.clock import Clock
from signaling.kernel.room import Room
from signaling.kernel.rounds import Round

log = structlog.get_logger(__name__)

EVERY_S = 30.0


@dataclass(frozen=True)
class Upkeep:
    """`mend_holds` puts in place what must not be released with the rest."""

    books: Books
    mend_holds: Callable[[], Awaitable[None]]
    clock: Clock

    async def run(self) -> None:
        """Holds before releases: a share whose report lost its hold must not be among them."""
        kept = await self.books.upkeep.run(now_ms=self.clock(), mend_holds=self.mend_holds)
        for each in kept.failures:
            log.error("upkeep failed", step=each.step, item=each.item, error=repr(each.error))

    def room(self) -> Room:
        """Its rows."""
        return Room(rounds=(Round("upkeep of the books", self.run, EVERY_S, alone=True),))
