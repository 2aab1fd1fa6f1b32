"""docs/store-keys.md names every key and channel in the store, none besides."""

from __future__ import annotations

import ast
import re

from metering.store.partitions import SHAPE
from metering.store.scripts import SCRIPT_NAMES, read_script
from signaling.relays.registry import RELAYS
from tests.documents.reading import called, first_column, literal, nodes, section

_NAME = re.compile(r"(\{\w+\}|tipmeet):(?:[\w.<>-]+|:)+")


def _as_pattern(key: str) -> str:
    """`{dir}:call:<call>` with its variable parts nameless."""
    return re.sub(r"<[^>]*>", "<>", key)


def _names() -> set[str]:
    """Every literal, with variable parts or without, that is the name of a key or a channel."""
    found = set()
    for node in nodes("signaling", "metering", "tipmeet", "admin_web"):
        if isinstance(node, ast.JoinedStr):
            name = "".join(literal(part) or "<>" for part in node.values)
        else:
            name = literal(node)
        if _NAME.fullmatch(name) and not name.endswith(":"):
            found.add(name)
    return found | {RELAYS, SHAPE}


def _in_partitions() -> set[str]:
    """What scripts declare, with what Python asks for by name."""
    elsewhere = {name.partition(":")[2] for name in _names() if name.startswith("{vouchers}")}
    found = {name for script in SCRIPT_NAMES for name in read_script(script).keys} - elsewhere
    for node in nodes("metering"):
        if isinstance(node, ast.Call) and called(node) in ("key", "key_of", "every"):
            found |= {literal(argument) for argument in node.args[1:2]}
    return {f"{{p}}:{name}" for name in found if name}


def _written(title: str, heading: str) -> set[str]:
    return {_as_pattern(key) for key in first_column(section("store-keys.md", title), heading)}


def test_every_key_and_channel_is_documented_and_no_other() -> None:
    written = _written("People and calls", "key") | _written("Channels", "channel")
    assert written | _written("Money outside the partitions", "key") == _names()


def test_every_key_of_a_partition_is_documented_and_no_other() -> None:
    assert _written("Money in a partition", "key") == _in_partitions()
