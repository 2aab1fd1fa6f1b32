"""The whole platform with its money on a cluster of three primaries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster import running_cluster
from tests.e2e.calls import live_call
from tests.e2e.conftest import Site, running_site


@pytest.fixture
def clustered_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clustered")
    with running_cluster(folder / "cluster") as stores:
        books_url = f"redis+cluster://127.0.0.1:{stores[0].port}"
        with running_site(folder / "var", books_url=books_url, threshold_s="2") as site:
            yield site


async def test_a_paid_call_is_settled_on_a_cluster(clustered_site: Site) -> None:
    site = clustered_site
    async with live_call(site, price="6.00", money="50.00") as parties:
        await parties.seconds(4)
        await parties.client.ask("call.hang_up", call=parties.call)
        receipt = (await parties.settled())["receipt"]
        assert receipt["charged_micros"] == receipt["connected_s"] * 100_000 > 0
        wallet = await parties.client.api("GET", "/api/wallet")
        assert wallet["available_micros"] == 50_000_000 - receipt["charged_micros"]
    report = site.audit()
    assert report["ok"], report["problems"]
