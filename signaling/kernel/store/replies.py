"""What Redis answers, as the types it has: clients are made with `decode_responses=False`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def raw(answer: Any) -> bytes:
    """A string as bytes."""
    if not isinstance(answer, bytes):
        raise TypeError("clients of Redis must be made with decode_responses=False")
    return answer


def text(answer: Any) -> str:
    """A string as text."""
    return raw(answer).decode()


def maybe_raw(answer: Any) -> bytes | None:
    """A string as bytes, or None where there is none."""
    return None if answer is None else raw(answer)


def maybe_text(answer: Any) -> str | None:
    """A string as text, or None where there is none."""
    return None if answer is None else text(answer)


def texts(answer: Iterable[Any]) -> list[str]:
    """A list or set of strings as text."""
    return [text(member) for member in answer]
