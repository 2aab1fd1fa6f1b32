"""Rounds come again whatever happens in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import redis.asyncio
import redis.exceptions

from signaling.kernel.problems import ProblemError
from signaling.kernel.rounds import Round, each_of, lock_key, start_rounds
from signaling.kernel.tasks import stop

EVERY_S = 0.02
WAIT_S = 20


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not happened():
            await asyncio.sleep(EVERY_S)


async def made(
    redis_client: redis.asyncio.Redis, *rounds: Round, until_: Callable[[], bool]
) -> None:
    tasks = start_rounds(rounds, redis_client)
    try:
        await until(until_)
    finally:
        await stop(tasks)


def counted(
    log: list[str], name: str, error: Exception | None = None
) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        log.append(name)
        if error is not None:
            raise error

    return work


async def test_a_round_that_fails_comes_again_and_stops_no_other(
    redis_client: redis.asyncio.Redis,
) -> None:
    log: list[str] = []
    rounds = [
        Round("refused", counted(log, "refused", ProblemError("busy", "Not now.")), EVERY_S),
        Round("broken", counted(log, "broken", ZeroDivisionError()), EVERY_S),
        Round("well", counted(log, "well"), EVERY_S),
    ]
    await made(
        redis_client,
        *rounds,
        until_=lambda: min(log.count(name) for name in ("refused", "broken", "well")) >= 3,
    )


async def test_a_round_that_is_alone_waits_while_another_process_makes_it(
    redis_client: redis.asyncio.Redis,
) -> None:
    log: list[str] = []
    alone = Round("alone", counted(log, "alone"), EVERY_S, alone=True)
    beside = Round("beside", counted(log, "beside"), EVERY_S)
    await redis_client.set(lock_key("alone"), "1", px=60_000)  # the other process
    await made(redis_client, alone, beside, until_=lambda: log.count("beside") >= 5)
    assert "alone" not in log
    await redis_client.delete(lock_key("alone"))
    await made(redis_client, alone, until_=lambda: "alone" in log)


async def test_one_item_that_is_refused_stops_no_other() -> None:
    done: list[int] = []

    async def work(item: int) -> None:
        if item == 2:
            raise ProblemError("wrong_state", "Not this one.")
        done.append(item)

    await each_of("number", [1, 2, 3], work)
    assert done == [1, 3]


async def test_a_store_that_is_away_is_asked_once_not_for_every_item() -> None:
    asked: list[int] = []

    async def work(item: int) -> None:
        asked.append(item)
        raise redis.exceptions.ConnectionError

    with pytest.raises(redis.exceptions.ConnectionError):
        await each_of("number", [1, 2, 3], work)
    assert asked == [1]
