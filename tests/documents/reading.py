"""What the documents say in their tables, what the source says in its literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"`([^`]+)`")
#: A bar inside a cell is written `\|`.
_CELL = re.compile(r"(?<!\\)\|")


def section(document: str, title: str) -> str:
    """The text under a heading of a document in docs/, up to the next heading as high."""
    text = (ROOT / "docs" / document).read_text()
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", text, re.M | re.S)
    assert found, f"docs/{document} has no section “{title}”"
    return found[2]


def rows(text: str, heading: str) -> list[list[str]]:
    """The rows of the table whose first column is headed so."""
    found = re.search(
        rf"^\| {re.escape(heading)} \|.*\n\|[-|: ]+\n((?:\|.*\n)+)", text + "\n", re.M
    )
    assert found, f"there is no table of “{heading}”"
    return [
        [cell.strip() for cell in _CELL.split(row)[1:-1]] for row in found[1].strip().splitlines()
    ]


def first_column(text: str, heading: str) -> set[str]:
    """All that stands in code in a table's first column."""
    return {name for row in rows(text, heading) for name in CODE.findall(row[0])}


def trees(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every module of these packages, as a syntax tree."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "__compiled__" not in path.parts:
                yield path, ast.parse(path.read_text())


def nodes(*packages: str) -> Iterator[ast.AST]:
    """All nodes of these packages' modules."""
    for _, tree in trees(*packages):
        yield from ast.walk(tree)


def called(node: ast.AST) -> str:
    """The last part of the name that a call calls, or nothing."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def literal(node: ast.AST | None) -> str:
    """A string written down as it is, or nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
