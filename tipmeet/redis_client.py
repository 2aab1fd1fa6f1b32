"""Connections to the store, made in one place so that every process times out and retries alike."""

from __future__ import annotations

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError

# Every command of this program may be sent twice without harm (keys, watermarks, compare-and-set),
# so a broken connection is tried again before anyone hears of it.
RETRIES = 3
SOCKET_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 5.0
HEALTH_CHECK_S = 15


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
