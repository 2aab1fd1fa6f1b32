"""The packed rows of the books: each is described here only.

Python reads a row by the names of its fields; a script that asks for it (`--! rows: meter`) gets a
header that is made of the same description.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack

from metering.tariff import Tariff

_NUMBER = struct.Struct("<d")


@dataclass(frozen=True)
class Packed:
    """A row of bytes: numbers as doubles (whole, below 2^53), texts of up to 255 bytes behind their
    length. What a tick reads has this form: nothing is parsed, no table is made.

    A script gets `read_<name>(call)` and `pack_<name>(table)`; and, for code that is hot, the words
    `<NAME>_FORMAT`, `<NAME>_FIELDS` (a list of names, to read into) and `<NAME>_VALUES` (the same
    with the lengths of texts, to pack). `parts` are neighbouring fields that have such words of
    their own: `<NAME>_<PART>_FIELDS`.
    """

    name: str
    fields: tuple[str, ...]
    texts: frozenset[str]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def unpack(self, row: bytes) -> dict[str, Any]:
        """The fields of a row by name."""
        found: dict[str, Any] = {}
        at = 0
        for name in self.fields:
            if name in self.texts:
                end = at + 1 + row[at]
                found[name], at = row[at + 1 : end].decode(), end
            else:
                found[name] = int(_NUMBER.unpack_from(row, at)[0])
                at += _NUMBER.size
        return found

    def words(self) -> dict[str, str]:
        """What stands for what in a script."""
        found = {}
        for part, fields in {"": self.fields, **self.parts}.items():
            name = f"{self.name}_{part}".rstrip("_").upper()
            found[f"{name}_FORMAT"] = f"'{self._format(fields)}'"
            found[f"{name}_FIELDS"] = ", ".join(fields)
            found[f"{name}_VALUES"] = ", ".join(self._values(fields))
        return found

    def lua(self) -> str:
        """The functions a script gets."""
        name, word = self.name, self.name.upper()
        members = ", ".join(f"row.{each}" for each in self.fields)
        values = ", ".join(self._values(self.fields, "row."))
        return f"""\
local function read_{name}(call)
  local packed = redis.call('HGET', K_{name}, call)
  if not packed then return nil end
  local row = {{}}
  {members} = struct.unpack({word}_FORMAT, packed)
  return row
end

local function pack_{name}(row)
  return struct.pack({word}_FORMAT, {values})
end
"""

    def _format(self, fields: Iterable[str]) -> str:
        return "<" + "".join("Bc0" if each in self.texts else "d" for each in fields)

    def _values(self, fields: Iterable[str], prefix: str = "") -> list[str]:
        values = []
        for each in fields:
            values += [f"#{prefix}{each}"] if each in self.texts else []
            values.append(f"{prefix}{each}")
        return values


@dataclass(frozen=True)
class Listed:
    """A list whose places have names, packed by msgpack; also many of them in one flat list.

    A script gets the places (`MARK_AT`), the number of them (`MARK_SIZE`) and `pack_mark(…)`.
    """

    name: str
    fields: tuple[str, ...]

    def named(self, row: Sequence[Any]) -> dict[str, Any]:
        """One list by the names of its places."""
        return dict(zip(self.fields, row, strict=True))

    def unpack(self, packed: bytes) -> dict[str, Any]:
        """A packed row by the names of its places."""
        return self.named(msgpack.unpackb(packed))

    def columns(self, flat: Sequence[Any]) -> dict[str, Sequence[Any]]:
        """A flat list of many rows: name → that place of every row."""
        return {name: flat[at :: len(self.fields)] for at, name in enumerate(self.fields)}

    def rows(self, flat: Sequence[Any]) -> Iterable[dict[str, Any]]:
        """A flat list of many rows, one after the other."""
        size = len(self.fields)
        return (self.named(flat[at : at + size]) for at in range(0, len(flat), size))

    def words(self) -> dict[str, str]:
        """Nothing stands for a list: its places are numbers of the script."""
        return {}

    def lua(self) -> str:
        """The numbers and the function a script gets."""
        word, arguments = self.name.upper(), ", ".join(self.fields)
        places = ", ".join(f"{word}_{each.upper()}" for each in self.fields)
        numbers = ", ".join(str(at) for at in range(1, len(self.fields) + 1))
        return f"""\
local {places} = {numbers}
local {word}_SIZE = {len(self.fields)}
local function pack_{self.name}({arguments}) return cmsgpack.pack({{{arguments}}}) end
"""


@dataclass(frozen=True)
class Numbered:
    """Words that stand for numbers from 0. A script gets the numbers: `STATUS_OK`."""

    name: str
    values: tuple[str, ...]

    def words(self) -> dict[str, str]:
        """Nothing stands for a number: it is one of the script."""
        return {}

    def lua(self) -> str:
        """The numbers a script gets."""
        names = ", ".join(f"{self.name}_{each}".upper() for each in self.values)
        return f"local {names} = {', '.join(str(at) for at in range(len(self.values)))}"


_PRICE = ("price", "period", "free", "gift", "initial", "increment")

# What a tick needs of a live call's locked tariff; `gift` is 1 or 0, `cap` the client's spending
# cap, which may rise, or -1; `held` what was reserved at first, `held_promo` of it promotional.
TARIFF = Packed(
    "tariff",
    ("client", *_PRICE, "bps", "cap", "held", "held_promo", "provider"),
    frozenset({"client", "provider"}),
    parts={"client": ("client",), "price": _PRICE, "terms": (*_PRICE, "bps", "cap")},
)
# The only hot row of a call: seconds charged (the watermark), proof (ms, only ever raised), what is
# left of the hold, the provider's share so far, promotional credit drawn beyond the hold, where the
# clock's current stretch lies (ms, -1 for none), the fence, who holds it.
METER = Packed(
    "meter",
    ("n", "proof", "hold", "share", "promoted", "offset", "epoch", "owner"),
    frozenset({"owner"}),
)
# A tariff in call records and receipts: as `Tariff.as_list` gives it.
AGREED = Listed("agreed", tuple(each.name for each in dataclasses.fields(Tariff)))
# A request that was done: the hash of its body, when (ms), an amount or an id, what of it was taken
# back since.
MARK = Listed("mark", ("hash", "at", "result", "reversed"))
# A stretch of time behind n: when it began (ms), n at that time.
SPAN = Listed("span", ("since", "n"))
# The clock stood still between these (ms); the second is missing while it still does.
PAUSE = Listed("pause", ("since", "till"))
# Of a call's share, what was moved home, and what of it back again.
MOVED = Listed("moved", ("share", "claw"))
# Promotional credit that expires at a time (ms, 0 for never).
LOT = Listed("lot", ("micros", "expires"))
# A journal entry's row for each call it charges; the last two are legs as well, `hold:<call>` and
# `share:<call>`.
POSTED = Listed("posted", ("call", "n", "epoch", "from_hold", "gained"))
# What a meter asks of a tick, and where it is told each call stands.
ASKED = Listed("asked", ("call", "proof", "epoch"))
TICKED = Listed("ticked", ("status", "n", "proof", "charged", "share", "balance", "left"))

# How a call stands after a tick.
STATUS = Numbered("status", ("ok", "exhausted", "stale_epoch", "ended", "unknown_call"))

ROWS: dict[str, Packed | Listed | Numbered] = {
    row.name: row
    for row in (TARIFF, METER, AGREED, MARK, SPAN, PAUSE, MOVED, LOT, POSTED, ASKED, TICKED, STATUS)
}
WORDS = {word: text for row in ROWS.values() for word, text in row.words().items()}
