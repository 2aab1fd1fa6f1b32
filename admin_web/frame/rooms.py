"""What a page room gives to the frame: pages, rows of the navigation, pieces of the header."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from admin_web.frame.page import Page

# Whoever is not signed in; beside the roles of `signaling`.
VISITOR: Final = frozenset({"visitor"})


@dataclass(frozen=True, slots=True)
class Nav:
    """One row of the navigation. `text` is asked for each request, in the reader's language.

    The row is marked on its own page, and on those below it unless it is `exact`.
    """

    href: str
    text: Callable[[], str]
    roles: frozenset[str]
    exact: bool = False

    def here(self, path: str) -> bool:
        """Whether a page of this path is the row's own."""
        return path == self.href or (not self.exact and path.startswith(f"{self.href}/"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Something in the header of every page of these roles: a template with its script."""

    template: str
    script: str
    roles: frozenset[str]
    not_on: str  # the page that has it already


@dataclass(frozen=True, slots=True)
class PageRoom:
    """What a folder of pages adds to the site; nothing of it runs by itself."""

    pages: tuple[Page, ...]
    nav: tuple[Nav, ...] = ()
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """All rooms' rows, as `base.html` loops over them."""

    nav: tuple[Nav, ...]
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, rooms: tuple[PageRoom, ...]) -> "Frame":
        """The rooms' rows in the order of the rooms."""
        return cls(
            tuple(row for room in rooms for row in room.nav),
            tuple(piece for room in rooms for piece in room.pieces),
        )

    def nav_of(self, role: str) -> list[Nav]:
        """The rows of a role's menu."""
        return [row for row in self.nav if role in row.roles]

    def pieces_of(self, role: str, path: str) -> list[Piece]:
        """What stands in the header of this page."""
        return [piece for piece in self.pieces if role in piece.roles and path != piece.not_on]
