"""What a room brings to the site, as rows: nothing runs by itself.

The composer joins the rows of all rooms (`signaling.app`); a row that two rooms bring is a mistake
that stops the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from signaling.kernel.http.routing import Route
from signaling.kernel.rounds import Round
from signaling.kernel.sockets.commands import Command
from signaling.kernel.sockets.server import OnClose, OnOpen
from signaling.kernel.store.news import OnNews

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Room:
    """The rows of one room.

    `channels` maps a channel of the store to what its messages are given to. `on_open` gives fields
    of a socket's greeting, `on_close` runs when it is gone.
    """

    routes: tuple[Route, ...] = ()
    commands: Mapping[str, Command] = field(default_factory=dict)
    channels: Mapping[str, OnNews] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()
    on_open: tuple[OnOpen, ...] = ()
    on_close: tuple[OnClose, ...] = ()


def joined(tables: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """All rows of several tables. Raises ValueError when two rooms bring the same row."""
    whole: dict[str, T] = {}
    for table in tables:
        twice = whole.keys() & table.keys()
        if twice:
            raise ValueError(f"two rooms bring {', '.join(sorted(twice))}")
        whole.update(table)
    return whole


def joined_routes(tables: Iterable[Iterable[Route]]) -> tuple[Route, ...]:
    """All routes of several rooms, in their order. Raises ValueError for one that comes twice."""
    named = ({f"{route.method} {route.path}": route for route in table} for table in tables)
    return tuple(joined(named).values())
