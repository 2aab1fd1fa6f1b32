"""Connections to the store, made in one place so that every process times out and retries alike."""

from __future__ import annotations

from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,
    RedisClusterException,
    TimeoutError,
)

from metering.scripts import Client

# Every command of this program may be sent twice without harm (keys, watermarks, compare-and-set),
# so a broken connection is tried again before anyone hears of it.
RETRIES = 3
SOCKET_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
HEALTH_CHECK_S = 15


CLUSTER_SCHEMES = ("redis+cluster://", "rediss+cluster://")


class ClusterClient(redis.asyncio.RedisCluster):
    """A cluster that cannot be reached is a broken connection like any other to the callers."""

    async def initialize(self, *args: Any, **kwargs: Any) -> redis.asyncio.RedisCluster:
        try:
            return await super().initialize(*args, **kwargs)
        except RedisClusterException as error:  # which is no RedisError
            raise ConnectionError(str(error)) from error


def connect_books(url: str) -> Client:
    """A client for the books: one server as for `connect`, or a whole cluster when the scheme says
    so (`redis+cluster://host:port` of any of its nodes, `rediss+cluster://` over TLS)."""
    if not url.startswith(CLUSTER_SCHEMES):
        return connect(url)
    return ClusterClient.from_url(
        url.replace("+cluster", "", 1),
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        health_check_interval=HEALTH_CHECK_S,
        retry=Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.05), RETRIES),
    )


def connect(url: str) -> redis.asyncio.Redis:
    """A client of the store at `url` (redis://, rediss://, unix://); answers are bytes."""
    return redis.asyncio.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        health_check_interval=HEALTH_CHECK_S,
        retry=Retry(ExponentialWithJitterBackoff(cap=1.0, base=0.05), RETRIES),
        retry_on_error=[BusyLoadingError, ConnectionError, TimeoutError],
    )
