"""The architecture page names every room that the import contracts put on a floor."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("admin_web", "mediasrv", "metering", "signaling", "tipmeet")


def floors(package: str) -> set[str]:
    """What stands on a floor of the package: its rooms, its modules beside them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(row["layers"] for row in contracts if row.get("containers") == [package])
    return {name.strip() for layer in layers for name in re.split(r"[|:]", layer)}


def rows(package: str) -> set[str]:
    """What the package's table has in its first column."""
    page = (ROOT / "docs/architecture.md").read_text()
    section = page.split(f"### {package}\n")[1].split("\n#")[0]
    firsts = re.findall(r"^\|([^|]*)\|", section, re.MULTILINE)
    return {name for first in firsts for name in re.findall(r"`([^`]+)`", first)}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_packages_table_has_the_rooms_of_its_contract(package: str) -> None:
    assert rows(package) == floors(package)
