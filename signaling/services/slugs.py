"""Titles of any script as short addresses of plain letters."""

from __future__ import annotations

from slugify import slugify

SLUG_MAX = 60


def slug_of(title: str) -> str:
    """The title in a–z, 0–9 and hyphens, at most 60 characters; "service" when nothing is left."""
    # "Don't" is one word, with either apostrophe.
    return slugify(title, max_length=SLUG_MAX, replacements=[("'", "")]) or "service"
