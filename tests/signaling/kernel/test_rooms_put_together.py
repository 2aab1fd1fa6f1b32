"""Rows of all rooms are joined; a row that comes twice stops the start."""

from __future__ import annotations

import pytest

from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.room import joined, joined_routes
from tests.signaling.conftest import Site


async def nothing(_: ApiRequest) -> None:
    """Answers nothing."""


def route(method: str, path: str) -> Route:
    return Route(method, path, nothing, "Nothing")


def test_rows_of_several_rooms_are_one_table() -> None:
    assert joined([{"a": 1}, {}, {"b": 2}]) == {"a": 1, "b": 2}
    first, second, third = route("GET", "/a"), route("PUT", "/a"), route("GET", "/b")
    assert joined_routes([[first, second], [third]]) == (first, second, third)


@pytest.mark.parametrize("twice", [[{"a": 1}, {"a": 1}], [{"a": 1, "b": 1}, {"c": 1}, {"b": 2}]])
def test_a_row_that_two_rooms_bring_is_a_mistake(twice: list[dict[str, int]]) -> None:
    with pytest.raises(ValueError, match="two rooms bring"):
        joined(twice)


def test_a_route_that_two_rooms_bring_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="two rooms bring GET /a"):
        joined_routes([[route("GET", "/a")], [route("GET", "/a")]])


async def test_the_rooms_of_the_site_bring_every_row_once(site: Site) -> None:
    names = [each.name for room in site.parts.rooms() for each in room.rounds]
    assert len(names) == len(set(names))
    assert {"ping", "call.start", "media.join", "duty.set", "live.watch"} <= set(
        site.parts.commands()
    )
    assert len(site.parts.routes()) > 40
