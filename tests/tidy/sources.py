"""The project's own files, found rather than listed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("tipmeet", "admin_web", "signaling", "metering", "mediasrv")
EVERYWHERE = (*PACKAGES, "bench", "tests")


def files(suffix: str, *folders: str) -> list[Path]:
    """All files of that suffix below these folders; what `tipmeet compile` made is not ours."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob(f"*{suffix}"))
        if not {"__compiled__", "__pycache__", "node_modules"} & set(path.parts)
    ]


def name_of(path: Path) -> str:
    """As a person would write it: relative to the project."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(path.read_text())


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[tuple[str, Function]]:
    """Each function of a file with its dotted name, those inside classes and functions too."""

    def below(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{prefix}{child.name}", child
                yield from below(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.ClassDef):
                yield from below(child, f"{prefix}{child.name}.")
            else:
                yield from below(child, prefix)

    return below(tree(path), "")
