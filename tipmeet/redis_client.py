"""Connections to the store, made in one place: every process times out, retries alike.

A process opens a bounded number of them: whoever finds none free waits in line for a while, and is
then told to come back (ConnectionError, which the web answers as 503), instead of being refused at
once while the others are answered in milliseconds.
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio
from redis.asyncio.client import Pipeline, PubSub
from redis.asyncio.cluster import ClusterPipeline
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,
    RedisClusterException,
    TimeoutError,
)

from metering.store.scripts import Client

# Every command of this program may be sent twice without harm (keys, watermarks, compare-and-set),
# so a broken connection is tried again before anyone hears of it.
RETRIES = 3
SOCKET_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
HEALTH_CHECK_S = 15
# In line for a connection; a person still looks at the page by then.
WAIT_S = 5.0
SUBSCRIPTIONS_MAX = 8  # a process has one, and for a moment a second while it comes back


CLUSTER_SCHEMES = ("redis+cluster://", "rediss+cluster://")


class StoreClient(redis.asyncio.Redis):
    """One server through a bounded number of connections.

    Subscriptions keep a connection for good and get theirs apart from the line. Whoever waits for
    the log to reach the disk keeps one for up to a second, so they are given half of them at most.
    """

    def __init__(self, url: str, connections: int, **options: Any) -> None:
        """`connections` at most; `options` as for redis-py's connections."""
        super().__init__(
            connection_pool=redis.asyncio.BlockingConnectionPool.from_url(
                url, max_connections=connections, timeout=WAIT_S, **options
            )
        )
        self.auto_close_connection_pool = True
        self._subscriptions = redis.asyncio.ConnectionPool.from_url(
            url, max_connections=SUBSCRIPTIONS_MAX, **options
        )
        self._at_the_disk = asyncio.Semaphore(max(1, connections // 2))

    def pubsub(self, **kwargs: Any) -> PubSub:
        """As redis-py's, on a connection that is nobody else's."""
        return PubSub(self._subscriptions, **kwargs)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """As redis-py's."""
        return _StorePipeline(self, self._at_the_disk, transaction, shard_hint)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Closes all connections."""
        await super().aclose(close_connection_pool)
        await self._subscriptions.aclose()


class _StorePipeline(Pipeline):
    def __init__(
        self,
        client: StoreClient,
        at_the_disk: asyncio.Semaphore,
        transaction: bool,
        shard_hint: str | None,
    ) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, transaction, shard_hint)
        self._at_the_disk = at_the_disk

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        if not any(arguments[0] == "WAITAOF" for arguments, _ in self.command_stack):
            return await super().execute(raise_on_error)
        async with _place(self._at_the_disk):
            return await super().execute(raise_on_error)


class ClusterClient(redis.asyncio.RedisCluster):
    """A cluster whose connections are bounded as one server's.

    One that cannot be reached is a broken connection like any other to the callers.
    """

    def __init__(self, connections: int, **options: Any) -> None:
        """`connections` at most for commands, and as many for pipelines."""
        # redis-py raises at once when a node has no connection left. So commands and pipelines
        # stand in line before; there are two lines because a pipeline that is redirected sends
        # commands. What waits for a node's log takes its connection from the rest.
        super().__init__(max_connections=4 * connections, **options)
        self._commands = asyncio.Semaphore(connections)
        self._pipelines = asyncio.Semaphore(connections)

    async def initialize(self, *args: Any, **kwargs: Any) -> redis.asyncio.RedisCluster:
        try:
            return await super().initialize(*args, **kwargs)
        except RedisClusterException as error:  # which is no RedisError
            raise ConnectionError(str(error)) from error

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        async with _place(self._commands):
            return await super().execute_command(*args, **kwargs)

    def pipeline(
        self,
        transaction: Any | None = None,
        shard_hint: Any | None = None,  # noqa: ARG002 - redis-py's signature
    ) -> ClusterPipeline:
        """As redis-py's."""
        return _ClusterPipeline(self, self._pipelines, transaction)  # type: ignore[abstract]


class _ClusterPipeline(ClusterPipeline):
    def __init__(
        self, client: ClusterClient, line: asyncio.Semaphore, transaction: Any | None
    ) -> None:
        super().__init__(client, transaction)
        self._line = line

    async def execute(
        self, raise_on_error: bool = True, allow_redirections: bool = True
    ) -> list[Any]:
        async with _place(self._line):
            return await super().execute(raise_on_error, allow_redirections)


@asynccontextmanager
async def _place(line: asyncio.Semaphore) -> AsyncIterator[None]:
    """A place in the line. Raises ConnectionError when none was free in time."""
    try:
        async with asyncio.timeout(WAIT_S):
            await line.acquire()
    except builtins.TimeoutError:
        raise ConnectionError("No connection available.") from None
    try:
        yield
    finally:
        line.release()


def connect_books(url: str, connections: int) -> Client:
    """A client for the books: one server as for `connect`, or a whole cluster when the scheme says
    so (`redis+cluster://host:port` of any of its nodes, `rediss+cluster://` over TLS)."""
    if not url.startswith(CLUSTER_SCHEMES):
        return connect(url, connections)
    return ClusterClient.from_url(
        url.replace("+cluster", "", 1),
        connections=connections,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        health_check_interval=HEALTH_CHECK_S,
        retry=Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.05), RETRIES),
    )


def connect(url: str, connections: int) -> redis.asyncio.Redis:
    """A client of the store at `url` (redis://, rediss://, unix://); answers are bytes.

    It opens `connections` at most."""
    return StoreClient(
        url,
        connections,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        health_check_interval=HEALTH_CHECK_S,
        retry=Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.05), RETRIES),
        retry_on_error=[BusyLoadingError, ConnectionError, TimeoutError],
    )
