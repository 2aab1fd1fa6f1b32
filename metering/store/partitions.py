"""What every part of the books stands on: the store, its scripts, the partitions, the barrier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import RedisCluster
from redis.exceptions import ResponseError

from metering.errors import OtherBooksError, OutOfRangeError
from metering.store.keys import PARTITIONS, call_partition, key, partition_of
from metering.store.scripts import Client, Scripts

SHAPE = "books"
BARRIER_TIMEOUT_MS = 5000
_STEP = 128  # partitions asked in one pipeline: bounded answers, no long stall of the store


class Partitions:
    """The store of the books, in partitions whose number must never change once there is money in
    them.

    `redis` is a client whose answers are bytes (`decode_responses=False`), to a single server or a
    cluster.
    """

    def __init__(
        self,
        redis: Client,
        *,
        currency: str = "USD",
        count: int = PARTITIONS,
    ) -> None:
        if not 1 <= count <= 65_536:
            raise OutOfRangeError("There are 1 to 65536 partitions: a call id has 4 hex digits.")
        self.redis = redis
        self.currency = currency
        self.count = count
        self.scripts = Scripts(redis)
        # One server has one log: what it keeps after a crash is a prefix, so that nothing is kept
        # whose cause was lost. The primaries of a cluster lose independently of each other.
        self.one_log = not isinstance(redis, RedisCluster)
        self._has_log: bool | None = None

    async def load(self) -> None:
        """Puts the scripts on the store, and claims a new store for this currency and number of
        partitions. Raises OtherBooksError when it was made with others: money would be looked for
        where it is not."""
        wanted = {"currency": self.currency, "partitions": str(self.count)}
        for name, value in wanted.items():
            await self.redis.execute_command("HSETNX", SHAPE, name, value)
            found = (await self.redis.execute_command("HGET", SHAPE, name)).decode()
            if found != value:
                raise OtherBooksError(f"This store has {name} {found}, not {value}.")
        await self.scripts.load()

    def of(self, account_id: str) -> int:
        """The partition of a client or provider.

        Raises UnknownAccountError for an id nobody can have.
        """
        return partition_of(account_id, self.count)

    def of_call(self, call_id: str) -> int:
        """The partition a call lies in.

        Raises UnknownCallError for an id that carries no partition of these books.
        """
        return call_partition(call_id, self.count)

    async def barrier(self, partition: int) -> None:
        """Returns once all written to this partition before is on disk (where a log is kept).

        WAITAOF waits for its own connection's last write, so it goes out behind a small write.
        """
        await self.barrier_at(key(partition, "sync"))

    async def barrier_at(self, place: str) -> None:
        """The same for the slot of a key, which is written to."""
        if self._has_log is False:
            return
        if isinstance(self.redis, RedisCluster):
            await self._cluster_barrier(self.redis, place)
            return
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.execute_command("SET", place, "1")
        pipeline.execute_command("WAITAOF", 1, 0, BARRIER_TIMEOUT_MS)
        replies = await pipeline.execute(raise_on_error=False)
        self._after_barrier(replies)

    async def _cluster_barrier(self, cluster: RedisCluster, place: str) -> None:
        node = cluster.get_node_from_key(place)
        if node is None:
            raise ConnectionError("no primary holds this partition at present")
        connection = node.acquire_connection()
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            replies: list[Any] = []
            for command in (("SET", place, "1"), ("WAITAOF", 1, 0, BARRIER_TIMEOUT_MS)):
                await connection.send_command(*command)
                try:
                    replies.append(await connection.read_response())
                except ResponseError as error:
                    replies.append(error)
        finally:
            node.release(connection)
        self._after_barrier(replies)

    def _after_barrier(self, replies: Sequence[Any]) -> None:
        for reply in replies:
            if isinstance(reply, ResponseError) and "appendonly is disabled" in str(reply):
                self._has_log = False  # the operator runs without a log: nothing to wait for
                return
            if isinstance(reply, Exception):
                raise reply
        self._has_log = True
        if not int(replies[-1][0]):
            raise TimeoutError("the store did not bring its log to disk in time")

    async def every(self, *command: str) -> list[Any]:
        """`command[0] {p}:<command[1]> …` of every partition, in order."""
        answers: list[Any] = []
        for first in range(0, self.count, _STEP):
            pipeline = self.redis.pipeline(transaction=False)
            for partition in range(first, min(first + _STEP, self.count)):
                pipeline.execute_command(command[0], key(partition, command[1]), *command[2:])
            answers += await pipeline.execute()
        return answers
