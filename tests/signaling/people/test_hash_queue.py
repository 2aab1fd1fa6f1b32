"""Whose turn it is to be hashed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest

from signaling.kernel.problems import ProblemError
from signaling.people import hash_queue
from signaling.people.hash_queue import AT_ONCE, HashQueue, Lane


class Gate:
    """A queue whose threads are kept busy until it is opened; `served` in order."""

    def __init__(self) -> None:
        self.queue = HashQueue()
        self.served: list[str] = []
        self._open = threading.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def close(self) -> None:
        self._tasks = [asyncio.create_task(self._hold()) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)

    async def _hold(self) -> None:
        await self.queue.run(Lane("holder"), lambda: self._open.wait(20))

    async def ask(self, name: str, lane: Lane) -> asyncio.Task[None]:
        task = asyncio.create_task(self.queue.run(lane, lambda: self.served.append(name)))
        self._tasks.append(task)
        await asyncio.sleep(0)
        return task

    async def open(self) -> list[BaseException | None]:
        self._open.set()
        return await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def gate(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    monkeypatch.setattr(hash_queue, "AT_ONCE", 1)
    monkeypatch.setattr(hash_queue, "LANE_MAX", 4)
    gate = Gate()
    await gate.close()
    yield gate
    await gate.open()


async def test_somebody_from_elsewhere_is_next_after_a_burst(gate: Gate) -> None:
    for at in range(4):
        await gate.ask(f"burst {at}", Lane("there"))
    await gate.ask("honest", Lane("here"))
    await gate.open()
    assert gate.served.index("honest") <= 1


async def test_who_comes_after_a_burst_from_the_same_place_is_served_first(gate: Gate) -> None:
    burst = [await gate.ask(f"burst {at}", Lane("there")) for at in range(300)]
    await gate.ask("honest", Lane("there"))
    await gate.open()
    assert gate.served[0] == "honest"
    refused = [task for task in burst if task.exception() is not None]
    assert len(refused) == 297
    problem = refused[0].exception()
    assert isinstance(problem, ProblemError)
    assert (problem.code, problem.status) == ("unavailable", 503)
    assert problem.retry_after_s


async def test_a_trusted_place_is_not_pushed_out_by_strangers_there(gate: Gate) -> None:
    owner = await gate.ask("owner", Lane("there", trusted=True))
    for at in range(300):
        await gate.ask(f"burst {at}", Lane("there"))
    await gate.open()
    assert owner.exception() is None
    assert gate.served[0] == "owner"


async def test_places_beyond_a_bound_are_refused_but_trusted_ones_are_not(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hash_queue, "LANES_MAX", 5)
    tasks = [await gate.ask(f"bot {at}", Lane(f"bot {at}")) for at in range(20)]
    owner = await gate.ask("owner", Lane("home", trusted=True))
    await gate.open()
    assert sum(task.exception() is not None for task in tasks) >= 14
    assert owner.exception() is None


async def test_who_waits_too_long_is_told_and_leaves_the_line(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hash_queue, "WAIT_S", 0.1)
    began = time.monotonic()
    task = await gate.ask("late", Lane("here"))
    await asyncio.wait([task])
    assert isinstance(task.exception(), ProblemError)
    assert time.monotonic() - began < 5
    await gate.open()
    assert gate.served == []


async def test_who_gives_up_holds_no_thread(gate: Gate) -> None:
    task = await gate.ask("gone", Lane("here"))
    task.cancel()
    await gate.ask("next", Lane("here"))
    await gate.open()
    assert gate.served == ["next"]


async def test_all_threads_come_back_after_failures() -> None:
    queue = HashQueue()

    def fail() -> None:
        raise ValueError("no")

    for _ in range(5):
        with pytest.raises(ValueError, match="no"):
            await queue.run(Lane("here"), fail)
    assert await queue.run(Lane("here"), lambda: 7) == 7
