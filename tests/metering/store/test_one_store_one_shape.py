"""A store keeps its currency as well as the number of partitions it was made with."""

from __future__ import annotations

import pytest
import redis.asyncio

from metering.books import Books
from metering.errors import OtherBooksError


async def test_the_same_books_are_opened_again(redis_client: redis.asyncio.Redis) -> None:
    for _ in range(2):
        await Books(redis_client, partitions=8).partitions.load()


@pytest.mark.parametrize("other", [{"partitions": 16}, {"partitions": 8, "currency": "EUR"}])
async def test_other_books_are_refused_and_leave_the_store_as_it_was(
    redis_client: redis.asyncio.Redis, other: dict[str, int | str]
) -> None:
    await Books(redis_client, partitions=8).partitions.load()
    with pytest.raises(OtherBooksError, match=r"not (16|EUR)"):
        await Books(redis_client, **other).partitions.load()  # type: ignore[arg-type]
    assert await redis_client.hgetall("books") == {b"currency": b"USD", b"partitions": b"8"}
