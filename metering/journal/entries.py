"""A double entry as the journal's stream holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgpack

Legs = dict[str, int]


@dataclass(frozen=True)
class JournalEntry:
    """One double entry. `calls`: rows (call, seconds charged after it, epoch)."""

    id: str
    kind: str
    legs: Legs
    calls: tuple[tuple[str, int, int], ...]


def entry_of(identity: bytes, fields: Any) -> JournalEntry:
    """A journal entry as the stream holds it."""
    if isinstance(fields, list):
        fields = dict(zip(fields[::2], fields[1::2], strict=True))
    flat = msgpack.unpackb(fields[b"l"])
    legs = dict(zip(flat[::2], flat[1::2], strict=True))
    rows = msgpack.unpackb(fields[b"c"]) if b"c" in fields else []
    calls = []
    for call, seconds, epoch, from_hold, gained in zip(*[iter(rows)] * 5, strict=True):
        calls.append((call, seconds, epoch))
        if from_hold:
            legs[f"hold:{call}"] = legs.get(f"hold:{call}", 0) - from_hold
        if gained:
            legs[f"share:{call}"] = legs.get(f"share:{call}", 0) + gained
    return JournalEntry(
        id=identity.decode(), kind=fields[b"k"].decode(), legs=legs, calls=tuple(calls)
    )
