"""Who may use the few hashing threads next, so that a flood of sign-ins keeps nobody else waiting.

Requests stand in lanes, one for each place they come from; the lanes take turns. In a lane the
newest goes first, and the oldest is sent away when the lane is full: whoever comes after a burst is
served at once, and the burst, whose senders have long stopped reading, is what is dropped. Trusted
lanes take turns of their own, as many as all others together.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from signaling.kernel.problems import ProblemError

AT_ONCE = 2  # each hash takes tens of megabytes and a core for tens of milliseconds
LANE_MAX = 64  # a class of pupils behind one address signs up at once
LANES_MAX = 256  # of each kind
WAIT_S = 5.0
NICENESS = 5  # pages and calls come before passwords

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a request comes from; `trusted` once it has shown to come from the account's owner."""

    place: str
    trusted: bool = False


class HashQueue:
    """Runs work on two threads, in the order above, with a bounded number waiting."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, "hashing", initializer=_step_back)
        self._free = AT_ONCE
        # Of each kind: place → turns waited for, the newest last. The first lane is the next.
        self._lanes: dict[bool, dict[str, list[asyncio.Future[None]]]] = {False: {}, True: {}}
        self._trusted_next = True

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """What `work` answers. Raises ProblemError `unavailable` when it was not its turn in 5 s,
        or too many came after it."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._enter(lane, turn)
        self._call_next()
        try:
            async with asyncio.timeout(WAIT_S):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._done()
            self._leave(lane, turn)
            if isinstance(error, TimeoutError):
                raise _busy() from None
            raise
        hashed = loop.run_in_executor(self._threads, work)
        # When the thread has finished, not when somebody stops waiting for it.
        hashed.add_done_callback(lambda _: self._done())
        return await asyncio.shield(hashed)

    def _enter(self, lane: Lane, turn: asyncio.Future[None]) -> None:
        lanes = self._lanes[lane.trusted]
        if lane.place not in lanes and len(lanes) >= LANES_MAX:
            raise _busy()
        waiting = lanes.setdefault(lane.place, [])
        waiting.append(turn)
        if len(waiting) > LANE_MAX:
            waiting.pop(0).set_exception(_busy())

    def _leave(self, lane: Lane, turn: asyncio.Future[None]) -> None:
        waiting = self._lanes[lane.trusted].get(lane.place, [])
        if turn in waiting:
            waiting.remove(turn)
            if not waiting:
                del self._lanes[lane.trusted][lane.place]

    def _call_next(self) -> None:
        while self._free and any(self._lanes.values()):
            kind = self._trusted_next if self._lanes[self._trusted_next] else not self._trusted_next
            self._trusted_next = not kind
            lanes = self._lanes[kind]
            place = next(iter(lanes))
            waiting = lanes.pop(place)
            turn = waiting.pop()
            if waiting:
                lanes[place] = waiting  # behind the others
            if not turn.done():
                self._free -= 1
                turn.set_result(None)

    def _done(self) -> None:
        self._free += 1
        self._call_next()


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere priorities are the whole process's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _busy() -> ProblemError:
    return ProblemError(
        "unavailable",
        "Too many people sign in at this moment. Try again in a few seconds.",
        retry_after_s=3,
    )
