"""A public function that takes a number says in which unit it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.tidy.sources import PACKAGES, Function, files, name_of, tree

ENDINGS = re.compile(r"(?:.*_)?(?:s|ms|us|ns|micros|bps|hz|bytes|kib|seconds|minutes|days|per_day)")
# What has no unit, or the same one everywhere.
UNITLESS = {
    "how many": "count limit connections partitions slots rounds uses",
    "which one": "index number partition port slot line version code status",
    "RTP's own": "seq ssrc rtx_ssrc own_ssrc timestamp payload_type",
    "bytes from the beginning": "start end offset",
    "seconds of a clock that only goes forward, all over the relay": "now",
}
PLAIN = {name for names in UNITLESS.values() for name in names.split()}
_NUMBER = re.compile(r"(int|float)( \| None)?")


Said = tuple[str, str, Function]  # dotted name, the docstrings that speak of it, the function


def _public(body: list[ast.stmt], about: str = "", prefix: str = "") -> Iterator[Said]:
    """What does not begin with an underline; a class's docstring speaks of how one is made."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public(node.body, ast.get_docstring(node) or "", f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            own = ast.get_docstring(node) or ""
            if node.name == "__init__":
                yield prefix + node.name, f"{about}\n{own}", node
            elif not node.name.startswith("_"):
                yield prefix + node.name, own, node


def _numbers(function: Function) -> Iterator[str]:
    arguments = function.args
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if one.annotation is not None and _NUMBER.fullmatch(ast.unparse(one.annotation)):
            yield one.arg


def _says_its_unit(name: str, docstring: str) -> bool:
    """By its ending, by being a plain number, or in the docstring that names it."""
    return bool(ENDINGS.fullmatch(name)) or name in PLAIN or f"`{name}`" in docstring


def test_a_number_says_its_unit() -> None:
    silent = [
        f"{name_of(path)}:{function.lineno} {dotted}({name})"
        for path in files(".py", *PACKAGES)
        for dotted, docstring, function in _public(tree(path).body)
        for name in _numbers(function)
        if not _says_its_unit(name, docstring)
    ]
    assert silent == []
