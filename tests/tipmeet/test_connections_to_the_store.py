"""More readers than connections wait in line for one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import redis.asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.exceptions import ConnectionError

import admin_web
from metering.books import Books
from signaling.settings import SignalingSettings
from signaling.site import Site
from tests.cluster import running_cluster
from tipmeet import redis_client as clients
from tipmeet.processes.store import EmbeddedStore
from tipmeet.redis_client import connect, connect_books

pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")


async def opened(client: redis.asyncio.Redis) -> int:
    """Connections the server has."""
    return len(await client.client_list())


async def test_a_hundred_and_fifty_readers_are_all_answered(
    valkey: EmbeddedStore, redis_client: redis.asyncio.Redis
) -> None:
    store = connect(valkey.url, 8)
    before = await opened(redis_client)
    answers = await asyncio.gather(*(store.set(f"k{at}", at) for at in range(150)))
    assert all(answers)
    assert await opened(redis_client) - before <= 8
    await store.aclose()


async def test_who_waits_in_vain_is_told_and_the_next_one_is_served(
    valkey: EmbeddedStore, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "WAIT_S", 0.2)
    store = connect(valkey.url, 2)
    holders = [asyncio.create_task(store.blpop(["never"], timeout=1)) for _ in range(2)]
    await asyncio.sleep(0.1)
    with pytest.raises(ConnectionError):
        await store.ping()
    await asyncio.gather(*holders)
    assert await store.ping()
    await store.aclose()


async def test_subscribers_take_no_connection_from_the_others(valkey: EmbeddedStore) -> None:
    store = connect(valkey.url, 2)
    subscriptions = [store.pubsub() for _ in range(3)]
    for subscription in subscriptions:
        await subscription.subscribe("news")
    async with asyncio.timeout(2):
        assert await store.publish("news", "x") == 3
    for subscription in subscriptions:
        await subscription.aclose()
    await store.aclose()


async def test_who_waits_for_the_disk_leaves_connections_to_the_others(tmp_path: Path) -> None:
    durable = EmbeddedStore(tmp_path)
    durable.start()
    store = connect(durable.url, 4)
    books = Books(store)
    await books.partitions.load()
    try:
        barriers = [asyncio.create_task(books.partitions.barrier(0)) for _ in range(12)]
        await asyncio.sleep(0.01)
        began = asyncio.get_running_loop().time()
        await store.ping()
        assert asyncio.get_running_loop().time() - began < 0.5
        assert not all(barrier.done() for barrier in barriers), "they did not wait at all"
        await asyncio.gather(*barriers)
    finally:
        await store.aclose()
        durable.stop()


@pytest.fixture
def primaries(tmp_path: Path) -> Iterator[list[EmbeddedStore]]:
    with running_cluster(tmp_path) as stores:
        yield stores


async def test_on_a_cluster_they_wait_too(primaries: list[EmbeddedStore]) -> None:
    cluster = connect_books(f"redis+cluster://127.0.0.1:{primaries[0].port}", 4)
    answers = await asyncio.gather(
        *(cluster.execute_command("SET", f"{{one}}{at}", at) for at in range(600))
    )
    assert all(answers)
    pipelines = [cluster.pipeline() for _ in range(100)]
    for pipeline in pipelines:
        pipeline.execute_command("GET", "{one}1")
        pipeline.execute_command("GET", "{two}1")
    answers = await asyncio.gather(*(pipeline.execute() for pipeline in pipelines))
    assert answers == [[b"1", None]] * 100
    await cluster.aclose()


async def test_a_page_and_an_answer_that_find_no_connection_say_when_to_come_back(
    valkey: EmbeddedStore, redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "WAIT_S", 0.2)
    store = connect(valkey.url, 2)
    async with aiohttp.ClientSession() as http:
        settings = SignalingSettings(base_url="http://tipmeet.test", relay_secret="s" * 16)
        site = Site(
            settings=settings,
            redis=store,
            books=Books(redis_client),
            relay_client=None,  # type: ignore[arg-type]
        )
        app = web.Application()
        admin_web.setup(app, site)
        async with TestServer(app) as server:
            holders = [asyncio.create_task(store.blpop(["never"], timeout=3)) for _ in range(2)]
            await asyncio.sleep(0.1)
            for path in ("/", "/api/public/services", "/ws"):
                headers = {"Cookie": "tipmeet_session=x"}
                async with http.get(server.make_url(path), headers=headers) as answer:
                    assert answer.status == 503, path
                    assert int(answer.headers["Retry-After"]) > 0
                    text = await answer.text()
                    assert "busy" in text, path
            await asyncio.gather(*holders)
            async with http.get(server.make_url("/")) as answer:
                assert answer.status == 200
    await store.aclose()
