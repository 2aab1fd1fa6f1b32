"""Every file and every `make` target that the documents name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: What is said in code: between backticks, or a line of a block.
_CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_FOLDERS = "admin_web|bench|docs|mediasrv|metering|signaling|tests|tipmeet"
_PATH = re.compile(rf"(?<![\w./:-])(?:{_FOLDERS})/[\w./-]*|(?<![\w./:-])[A-Za-z]+\.(?:md|toml)\b")
_MODULE = re.compile(rf"python3? -m ((?:{_FOLDERS})(?:\.\w+)*)")
_TARGET = re.compile(r"\bmake ((?:[a-z-]+ ?)+)")
#: Made where it runs.
_MADE = ("mediasrv/__compiled__/", "tipmeet.toml")


def code_in(document: Path) -> Iterator[str]:
    for match in _CODE.finditer(document.read_text()):
        yield match.group(1) or match.group(2)


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_paths_it_names_are_there(document: Path) -> None:
    named = {path.rstrip(".") for code in code_in(document) for path in _PATH.findall(code)}

    assert {path for path in named - {*_MADE} if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_its_links_lead_somewhere(document: Path) -> None:
    links = {link for link in _LINK.findall(document.read_text()) if "://" not in link}

    assert {link for link in links if not (document.parent / link).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_it_names_are_there(document: Path) -> None:
    code = "\n".join(code_in(document))
    asked = {word for words in _TARGET.findall(code) for word in words.split()}
    modules = {module.replace(".", "/") for module in _MODULE.findall(code)}

    assert asked - targets() == set()
    assert {
        name
        for name in modules
        if not (ROOT / f"{name}.py").exists() and not (ROOT / name / "__main__.py").exists()
    } == set()
