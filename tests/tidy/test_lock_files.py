"""The lock files hold what pyproject.toml asks for, to the byte, from no server in particular."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {"run": ("compiled",), "test": ("compiled", "test")}  # file → extras in it
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+))?", re.M)


def _locked(lock: str) -> dict[str, set[tuple[str, str]]]:
    """Each locked package with its versions, a version with the places it is for."""
    pinned: dict[str, set[tuple[str, str]]] = {}
    for match in PINNED.finditer((ROOT / "requirements" / f"{lock}.txt").read_text()):
        place = (match["version"], (match["marker"] or "").strip())
        pinned.setdefault(canonicalize_name(match["name"]), set()).add(place)
    return pinned


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_file_fits_the_project(lock: str) -> None:
    pinned = _locked(lock)
    asked = [*PROJECT["dependencies"]]
    for extra in LOCKS[lock]:
        asked += PROJECT["optional-dependencies"][extra]
    unfit = []
    for line in asked:
        requirement = Requirement(line)
        versions = pinned.get(canonicalize_name(requirement.name), set())
        if not versions or any(v not in requirement.specifier for v, _ in versions):
            unfit.append(line)
    assert not unfit, f"run `make lock`: requirements/{lock}.txt does not fit {unfit}"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_known_by_its_hashes(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = re.split(r"\n(?=[\w.-]+==)", text)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_a_locked_place_can_be_told_by_pip(lock: str) -> None:
    for versions in _locked(lock).values():
        places = [Marker(marker) for _, marker in versions if marker]
        assert len(versions) == 1 or len(places) == len(versions)


def test_what_runs_is_what_was_tested() -> None:
    run, test = _locked("run"), _locked("test")
    assert {name: places for name, places in run.items() if test.get(name) != places} == {}
