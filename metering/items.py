"""Work on many items, of which one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from metering.errors import MeteringError

MAX_NAMED = 100  # failures kept with their names; all are counted


@dataclass(frozen=True)
class Failure:
    """What could not be done now. It was left as it was, for the next round."""

    step: str
    item: str
    error: Exception


class UnfinishedError(MeteringError):
    """Raised when all items were tried, `failed` of them in vain.

    `done` counts what the others came to.
    """

    code = "unfinished"
    sentence = "Some of this failed; all the rest is done."

    def __init__(self, done: int, failed: int, failures: Sequence[Failure]) -> None:
        first = failures[0]
        super().__init__(
            f"{failed} failed, the first is {first.step} {first.item}: {first.error!r}",
            done=done,
            failed=failed,
        )
        self.done = done
        self.failures = tuple(failures)


class Items:
    """One step's items: counts what was done, names what failed."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._failures: list[Failure] = []
        self._failed = 0
        self.done = 0

    async def attempt(self, item: str, work: Awaitable[int]) -> None:
        """Adds what the work comes to, or notes that it failed."""
        try:
            self.done += await work
        except Exception as error:  # whatever it is, it is this item's alone
            self.failed(item, error)

    def failed(self, item: str, error: Exception) -> None:
        self._failed += 1
        if len(self._failures) < MAX_NAMED:
            self._failures.append(Failure(self._step, item, error))

    def finish(self) -> int:
        """What was done in all. Raises UnfinishedError when anything failed."""
        if self._failures:
            raise UnfinishedError(self.done, self._failed, self._failures)
        return self.done
