"""Work that comes round at an interval as long as the process runs.

Every web process makes the same rounds. What each finds is put to the record by compare-and-set, so
it happens once however many look; a round that is `alone` is made by one process at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from metering.errors import MeteringError
from signaling.kernel.problems import ProblemError

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """One row: `work` every `every_s` seconds; `alone` in one of all processes at a time."""

    name: str
    work: Callable[[], Awaitable[object]]
    every_s: float
    alone: bool = False


def start_rounds(
    rounds: Iterable[Round], redis_client: redis.asyncio.Redis
) -> list[asyncio.Task[None]]:
    """Start all rounds, each at its own pace; a failing one is logged and comes again."""
    return [
        asyncio.create_task(_repeat(each, redis_client), name=f"round {each.name}")
        for each in rounds
    ]


async def each_of(what: str, items: Iterable[T], work: Callable[[T], Awaitable[object]]) -> None:
    """Work on every item; one that is refused is named in the log and stops no other.

    A store that is away stops them all: they would only wait for it one after the other.
    """
    for item in items:
        try:
            await work(item)
        except (ProblemError, MeteringError) as error:
            log.warning("left for the next round", what=what, item=item, error=repr(error))


async def _repeat(each: Round, redis_client: redis.asyncio.Redis) -> None:
    while True:
        await asyncio.sleep(each.every_s)
        try:
            if not each.alone or await _mine(each, redis_client):
                await each.work()
        except (RedisError, MeteringError, ProblemError, OSError) as error:
            log.warning("round failed", round=each.name, error=repr(error))
        except Exception:
            log.exception("round failed", round=each.name)


async def _mine(each: Round, redis_client: redis.asyncio.Redis) -> bool:
    """Whether no other process makes this round this time."""
    held_ms = int(each.every_s * 900)  # gone before the next round, also when its owner dies
    return bool(await redis_client.set(lock_key(each.name), "1", nx=True, px=held_ms))


def lock_key(name: str) -> str:
    """Which process makes a round alone, for a while."""
    return f"{{dir}}:round:{name}"
