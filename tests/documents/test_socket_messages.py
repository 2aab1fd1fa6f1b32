"""docs/protocol.md names every socket command with its fields, every event, none besides."""

from __future__ import annotations

import ast
import re

from tests.documents.reading import (
    CODE,
    first_column,
    literal,
    rows,
    section,
    trees,
)
from tests.documents.test_rest_routes import site

SOCKET = section("protocol.md", "2. WebSocket (`/ws`)")
ANSWERS = {"ok", "error"}  # to a request, told in the text


def sent() -> set[str]:
    """The `type` of every message written down in signaling; HTTP has other uses for the word."""
    found = set()
    for path, tree in trees("signaling"):
        if "http" in path.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                found |= {
                    literal(value)
                    for key, value in zip(node.keys, node.values, strict=True)
                    if literal(key) == "type"
                }
    return found - {""}


async def test_every_command_is_documented_and_no_other() -> None:
    async with site() as parts:
        assert first_column(SOCKET, "request") == set(parts.commands())


async def test_every_field_of_a_command_is_documented_and_no_other() -> None:
    async with site() as parts:
        commands = parts.commands()
    for cell, _, fields, *_ in rows(SOCKET, "request"):
        asked = fields.partition("→")[0]
        written = {
            re.split(r"[:?]", name)[0].strip()
            for code in CODE.findall(re.sub(r"\([^)]*\)", "", asked))
            for name in code.split(",")
        }
        for command in CODE.findall(cell):
            assert written == set(commands[command].body.model_fields), command


def test_every_event_is_documented_and_no_other() -> None:
    assert first_column(SOCKET, "event") == sent() - ANSWERS


def test_both_kinds_of_answer_are_told() -> None:
    assert sent() >= ANSWERS
    for kind in ANSWERS:
        assert f'"type": "{kind}"' in SOCKET
