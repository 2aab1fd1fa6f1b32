"""Every file, `make` target, module, setting that the documents name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tipmeet.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: What is said in code: between backticks, or a line of a block.
_CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_FOLDERS = "admin_web|bench|docs|mediasrv|metering|signaling|tests|tipmeet"
_PATH = re.compile(rf"(?<![\w./:-])(?:{_FOLDERS})/[\w./-]*|(?<![\w./:-])[A-Za-z]+\.(?:md|toml)\b")
#: A file by the end of its path alone.
_FILE = re.compile(r"(?<![\w./<*-])[\w./-]+\.(?:py|js|lua|html|css|c)\b")
_ENVIRONMENT = re.compile(r"\bTIPMEET_([A-Z_]+)\b")
_MODULE = re.compile(rf"python3? -m ((?:{_FOLDERS})(?:\.\w+)*)")
_TARGET = re.compile(r"\bmake ((?:[a-z-]+ ?)+)")
#: Read by the command line, and by the tests.
_NO_SETTINGS = {"config", "soak_s"}
#: Made where it runs.
_MADE = ("mediasrv/__compiled__/", "tipmeet.toml")


def code_in(document: Path) -> Iterator[str]:
    for match in _CODE.finditer(document.read_text()):
        yield match.group(1) or match.group(2)


def files() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for folder in _FOLDERS.split("|")
        for path in (ROOT / folder).rglob("*.*")
        if "node_modules" not in path.parts
    }


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_paths_it_names_are_there(document: Path) -> None:
    named = {path.rstrip(".") for code in code_in(document) for path in _PATH.findall(code)}

    assert {path for path in named - {*_MADE} if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_files_it_names_by_the_end_of_their_path_are_there(document: Path) -> None:
    there = {f"/{path}" for path in files()}
    named = {path for code in code_in(document) for path in _FILE.findall(code)}

    assert {name for name in named if not any(path.endswith(f"/{name}") for path in there)} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_settings_it_names_are_settings(document: Path) -> None:
    named = {name.lower() for name in _ENVIRONMENT.findall(document.read_text())}

    assert named - _NO_SETTINGS - set(Settings.model_fields) == set()


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
