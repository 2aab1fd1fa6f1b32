"""Scripts keep to the floors of their folders, as the import contracts keep Python to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "admin_web"
AUDIENCES = ("call", "console", "public", "client", "provider", "operator")
FLOORS = (("frame",), ("devices", "account", "history"), ("talk",), AUDIENCES)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
IMPORT = re.compile(r'(?:\bfrom|^import|\bimport\() ?"(\.[^"\n]+)"', re.MULTILINE)
SCRIPTS = sorted(PAGES.rglob("*.js"))


def room_of(path: Path) -> str:
    return path.relative_to(PAGES).parts[0]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(PAGES)))
def test_a_script_imports_its_own_room_and_lower_ones(script: Path) -> None:
    for name in IMPORT.findall(script.read_text(encoding="utf-8")):
        imported = (script.parent / name).resolve()
        assert imported.is_file(), f"{name} is not there"
        mine, theirs = room_of(script), room_of(imported)
        assert mine == theirs or FLOOR_OF[theirs] < FLOOR_OF[mine], f"{mine} imports {name}"
