"""Scripts, styles, pictures lie beside templates and handlers; only they are anybody's to fetch."""

from __future__ import annotations

import pytest

from admin_web.frame import assets
from tests.admin_web.platform import Platform


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("frame/ui.css", "text/css"),
        ("talk/stage.js", "application/javascript"),
        ("frame/favicon.svg", "image/svg+xml"),
    ],
)
async def test_a_script_is_at_the_address_of_its_folder(
    platform: Platform, name: str, kind: str
) -> None:
    status, _, headers = await platform.get(assets.address(name))
    assert (status, headers["Content-Type"].split(";")[0]) == (200, kind)


@pytest.mark.parametrize(
    "name",
    [
        "app.py",
        "frame/base.html",
        "locale/README.md",
        "frame",
        "frame/nothing.js",
        "%2e%2e/pyproject.toml",
        "../tests/frontend/money.test.js",
        "%2e%2e/tests/frontend/money.test.js",
        "talk/%2e%2e/%2e%2e/tests/frontend/page.js",
        "/etc/passwd",
        "talk/stage.js%00.css",
    ],
)
async def test_nothing_else_of_the_package_is_served(platform: Platform, name: str) -> None:
    assert (await platform.get(f"/static/{name}"))[0] == 404


def test_a_page_that_names_a_missing_file_fails_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        assets.address("frame/nothing.js")
