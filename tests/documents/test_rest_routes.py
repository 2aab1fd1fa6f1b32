"""docs/protocol.md names every route of the REST API with its query, none besides."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from redis.asyncio import Redis

from mediasrv.client import RelayClient
from metering.books import Books
from signaling.app import setup
from signaling.settings import SignalingSettings
from signaling.site import Site
from tests.documents.reading import CODE, rows, section

METHODS = re.compile(r"\b(GET|POST|PUT|DELETE|PATCH)\b")
Route = tuple[str, str, frozenset[str]]  # method, path, names in the query


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Nothing of it runs, nothing is asked of a store."""
    redis = Redis()
    async with aiohttp.ClientSession() as session:
        yield Site(
            settings=SignalingSettings(base_url="http://localhost", relay_secret="secret"),
            redis=redis,
            books=Books(redis),
            relay_client=RelayClient(session, "secret"),
        )


def documented(table: list[list[str]]) -> set[Route]:
    found: set[Route] = set()
    for cell, *_ in table:
        methods, before = METHODS.findall(cell), ""
        for place in CODE.findall(cell):
            path, _, query = place.partition("?")
            if path.startswith("…"):
                path = before.rpartition("/")[0] + path.removeprefix("…")
            before = path
            names = frozenset(name.partition("=")[0] for name in query.split("&") if name)
            found |= {(method, path, names) for method in methods}
    return found


def without_query(routes: set[Route]) -> set[tuple[str, str]]:
    return {(method, path) for method, path, _ in routes}


async def test_every_route_is_documented_and_no_other() -> None:
    written = documented(rows(section("protocol.md", "1. REST (`/api`)"), "method and path"))
    async with site() as parts:
        served = {
            (route.method, f"/api{route.path}", frozenset(route.query)) for route in parts.routes()
        }
    assert without_query(written) == without_query(served)
    queries = {(method, path): query for method, path, query in written}
    missing = {(m, path): query - queries[m, path] for m, path, query in served}
    assert {place: names for place, names in missing.items() if names} == {}
    gone = {(m, path): queries[m, path] - query for m, path, query in served if queries[m, path]}
    assert {place: names for place, names in gone.items() if names} == {}


async def test_the_application_serves_no_api_beside_the_table() -> None:
    app = web.Application()
    async with site() as parts:
        setup(app, parts)
        table = {f"/api{route.path}" for route in parts.routes()}
    served = {
        route.resource.canonical for route in app.router.routes() if route.resource is not None
    }
    assert {path for path in served - table if path.startswith("/api")} == {"/api/openapi.json"}
