"""A seeded world around the real store: it loses, repeats, delays, forgets what it is asked.

`FaultyStore` stands where the redis client stands. Every command that reaches the real server is
logged, so that a disk that lost its last k writes is an empty server and a shorter replay.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import redis.asyncio

from metering.store.scripts import SCRIPT_NAMES, Scripts

Command = tuple[Any, ...]
_READS = frozenset({"HGET", "HMGET", "HGETALL", "HKEYS", "HLEN", "ZCOUNT", "ZREVRANGEBYLEX"})


class LostError(Exception):
    """The network lost the request or its answer: the caller cannot know which."""


class CrashError(BaseException):
    """The process died here. Not an Exception: no code of ours may catch it."""


class FaultyStore:
    """A redis client with faults. `chance` is the probability that a command meets one."""

    def __init__(self, server: redis.asyncio.Redis, rng: random.Random) -> None:
        self.server = server
        self.rng = rng
        self.chance = 0.0
        self.log: list[Command] = []
        self.written = 0  # commands that reached the server
        self.durable = 0  # so many of the log are on disk for certain
        self.delayed: list[Command] = []
        self.faults: dict[str, int] = {}

    async def execute_command(self, *command: Any) -> Any:
        (reply,) = await self._send([command])
        if isinstance(reply, Exception):
            raise reply
        return reply

    def pipeline(self, transaction: bool = False) -> FaultyPipeline:
        assert not transaction
        return FaultyPipeline(self)

    async def script_load(self, source: str) -> Any:
        return await self.server.script_load(source)

    async def load_scripts(self, scripts: Scripts) -> None:
        """First of all, so that a replay on a fresh server asks the same questions."""
        pipeline = self.server.pipeline(transaction=False)
        for name in SCRIPT_NAMES:
            pipeline.script_load(scripts.script(name).source)
        await pipeline.execute()

    async def keep_hash(self, name: str) -> None:
        """Takes a hash that was written past this client into the log, as on disk."""
        for field, value in (await self.server.hgetall(name)).items():
            self.log.append(("HSET", name, field, value))
        self.durable = len(self.log)

    async def roll_back(self) -> int:
        """The server dies and comes back without some of what was not on disk yet."""
        lost = self.rng.randint(0, len(self.log) - self.durable)
        del self.log[len(self.log) - lost :]
        await self.server.flushall()
        pipeline = self.server.pipeline(transaction=False)
        for command in self.log:
            pipeline.execute_command(*command)
        await pipeline.execute(raise_on_error=False)
        return lost

    async def deliver_delayed(self) -> None:
        """A request that its sender gave up long ago arrives now."""
        if self.delayed:
            command = self.delayed.pop(self.rng.randrange(len(self.delayed)))
            await self._reach([command])

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        if all(command[0] in _READS for command in commands):
            return await self._reach(commands)
        fault = ""
        if self.rng.random() < self.chance:
            fault = self.rng.choice(
                ["lost request", "lost answer", "twice", "delayed", "crash before", "crash after"]
            )
            self.faults[fault] = self.faults.get(fault, 0) + 1
        if fault == "lost request":
            raise LostError
        if fault == "crash before":
            raise CrashError
        if fault == "delayed":
            self.delayed += commands
            raise LostError
        reached = list(commands)
        if len(reached) > 1 and fault in ("lost answer", "crash after"):
            reached = reached[: self.rng.randint(1, len(reached))]
        replies = await self._reach(reached)
        if fault == "twice":
            replies = await self._reach(reached)
        if fault == "lost answer":
            raise LostError
        if fault == "crash after":
            raise CrashError
        return replies

    async def _reach(self, commands: Sequence[Command]) -> list[Any]:
        replies: list[Any] = []
        pipeline = self.server.pipeline(transaction=False)
        for command in commands:
            if command[0] == "WAITAOF":
                continue
            pipeline.execute_command(*command)
            if command[0] not in _READS:
                self.log.append(command)
                self.written += 1
        replies = await pipeline.execute(raise_on_error=False)
        if commands[-1][0] == "WAITAOF":
            self.durable = len(self.log)
            replies.append([1, 0])
        return replies


class FaultyPipeline:
    """Collects commands; they meet their fault together."""

    def __init__(self, store: FaultyStore) -> None:
        self._store = store
        self._commands: list[Command] = []

    def execute_command(self, *command: Any) -> None:
        self._commands.append(command)

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        replies = await self._store._send(self._commands)
        if raise_on_error:
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
        return replies
