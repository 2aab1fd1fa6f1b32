"""The lock files hold every requirement of pyproject.toml, wherever TipMeet is installed."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = {
    "run.txt": [*PROJECT["dependencies"], *EXTRAS["compiled"]],
    "test.txt": [*PROJECT["dependencies"], *EXTRAS["compiled"], *EXTRAS["test"]],
}
PLATFORMS = [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("darwin", "x86_64")]
PYTHONS = ["3.11", "3.12", "3.13"]


def _text(file: str) -> str:
    return (ROOT / "requirements" / file).read_text()


def _blocks(file: str) -> list[str]:
    """One for each locked version: its line, followed by its hashes."""
    lines = re.sub(r"^#.*\n", "", _text(file), flags=re.MULTILINE).replace("\\\n", " ")
    return [line for line in lines.splitlines() if line.strip()]


def _locked(file: str) -> list[Requirement]:
    return [Requirement(block.partition("--hash")[0].strip()) for block in _blocks(file)]


def _environment(python: str, platform: str, machine: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "platform_machine": machine,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[platform],
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def _holding(requirements: Iterable[Requirement], here: dict[str, str]) -> list[Requirement]:
    return [one for one in requirements if one.marker is None or one.marker.evaluate(here)]


@pytest.mark.parametrize("file", WANTED)
@pytest.mark.parametrize(("python", "place"), list(itertools.product(PYTHONS, PLATFORMS)))
def test_each_requirement_is_locked_once_at_a_version_that_satisfies_it(
    file: str, python: str, place: tuple[str, str]
) -> None:
    here = _environment(python, *place)
    locked: dict[str, list[str]] = {}
    for one in _holding(_locked(file), here):
        locked.setdefault(canonicalize_name(one.name), []).append(str(one.specifier)[2:])
    assert {name: versions for name, versions in locked.items() if len(versions) > 1} == {}
    misfits = [
        str(wanted)
        for wanted in _holding(map(Requirement, WANTED[file]), here)
        if not any(
            wanted.specifier.contains(version, prereleases=True)
            for version in locked.get(canonicalize_name(wanted.name), [])
        )
    ]
    assert misfits == [], "run `make lock`"


def test_both_files_lock_the_same_versions() -> None:
    assert {str(one) for one in _locked("run.txt")} <= {str(one) for one in _locked("test.txt")}


@pytest.mark.parametrize("file", WANTED)
def test_each_version_is_locked_by_hashes_whatever_registry_serves_it(file: str) -> None:
    assert [block for block in _blocks(file) if not re.search(r"--hash=sha256:\w{64}", block)] == []
    assert "://" not in _text(file)
    assert [line for line in _text(file).splitlines() if line.startswith("-")] == []
