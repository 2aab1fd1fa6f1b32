"""A double entry as the journal's stream holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgpack

from metering.store.rows import POSTED

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
    calls = []
    for row in POSTED.rows(msgpack.unpackb(fields[b"c"]) if b"c" in fields else []):
        hold, share = f"hold:{row['call']}", f"share:{row['call']}"
        calls.append((row["call"], row["n"], row["epoch"]))
        if row["from_hold"]:
            legs[hold] = legs.get(hold, 0) - row["from_hold"]
        if row["gained"]:
            legs[share] = legs.get(share, 0) + row["gained"]
    return JournalEntry(
        id=identity.decode(), kind=fields[b"k"].decode(), legs=legs, calls=tuple(calls)
    )
