"""The money may live on a store of its own."""

from __future__ import annotations

import pytest
import redis.asyncio
import redis.exceptions

from tipmeet.ports import free_port
from tipmeet.redis_client import connect_books


async def test_a_plain_url_is_one_server_and_a_cluster_url_a_cluster() -> None:
    one = connect_books("redis://127.0.0.1:1/0", 4)
    many = connect_books("redis+cluster://127.0.0.1:1", 4)
    assert isinstance(one, redis.asyncio.Redis)
    assert isinstance(many, redis.asyncio.RedisCluster)
    await one.aclose()
    await many.aclose()


async def test_a_cluster_out_of_reach_is_a_broken_connection() -> None:
    cluster = connect_books(f"redis+cluster://127.0.0.1:{free_port()}", 4)
    with pytest.raises(redis.exceptions.ConnectionError):
        await cluster.execute_command("HGET", "books", "currency")
    await cluster.aclose()
