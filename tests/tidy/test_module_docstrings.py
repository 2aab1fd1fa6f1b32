"""A module is one idea, said in one sentence; a package says where it begins and ends."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.tidy.sources import PACKAGES, files, name_of, tree

MODULES = files(".py", *PACKAGES, "bench")


def _docstring(path: Path) -> str:
    return ast.get_docstring(tree(path)) or ""


def _first_paragraph(path: Path) -> str:
    return " ".join(_docstring(path).split("\n\n")[0].split())


def test_each_module_says_in_one_sentence_what_it_is() -> None:
    not_one = {
        name_of(path): said
        for path in MODULES
        if len(re.findall(r"[.?!](?=\s|$)", said := _first_paragraph(path))) != 1
    }
    assert not_one == {}


def test_that_sentence_needs_no_and() -> None:
    two_ideas = {
        name_of(path): said
        for path in MODULES
        if re.search(r"\band\b", said := _first_paragraph(path), re.IGNORECASE)
    }
    assert two_ideas == {}


@pytest.mark.parametrize("word", ["owns", "promises", "not|no|nothing|never"])
def test_each_package_says_what_it_owns_promises_and_does_not(word: str) -> None:
    silent = [
        name_of(path)
        for path in files("__init__.py", *PACKAGES)
        if not re.search(rf"\b({word})\b", _docstring(path), re.IGNORECASE)
    ]
    assert silent == []
