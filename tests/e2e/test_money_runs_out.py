"""What happens when the money is used up in mid-call: on hold, a top-up, and on; or the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.calls import TIMEOUT_S, Parties, live_call
from tests.e2e.conftest import Site, running_site
from tipmeet.demo.visitor import is_state


@pytest.fixture(scope="module")
def rich_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on which a call may start with money for a few seconds."""
    folder = tmp_path_factory.mktemp("short") / "var"
    with running_site(folder, threshold_s="2", min_minutes="0", on_hold_s="20") as site:
        yield site


@pytest.fixture
async def parties(rich_site: Site) -> AsyncIterator[Parties]:
    """A live call at a tenth a second of a client who has money for five seconds."""
    async with live_call(rich_site, price="6.00", money="0.50") as parties:
        yield parties


async def test_a_call_whose_money_is_used_up_goes_on_hold_and_ends_without_a_top_up(
    parties: Parties, rich_site: Site
) -> None:
    await parties.client.wait_for(is_state("on_hold"), TIMEOUT_S, "on hold")
    await parties.provider.wait_for(is_state("on_hold"), TIMEOUT_S, "on hold")
    await parties.client.wait_for(is_state("ended"), TIMEOUT_S, "the end")
    call = await parties.settled()
    assert call["receipt"]["reason"] == "balance_exhausted"
    assert call["receipt"]["charged_micros"] == 500_000
    assert call["receipt"]["connected_s"] == 5, "not a second beyond what was paid for"
    assert call["receipt"]["balance_after_micros"] == 0
    assert (await parties.client.api("GET", "/api/wallet"))["available_micros"] == 0
    assert rich_site.audit()["ok"]


async def test_a_top_up_by_voucher_brings_the_call_back_from_hold(
    parties: Parties, rich_site: Site
) -> None:
    client = parties.client
    await client.wait_for(is_state("on_hold"), TIMEOUT_S, "on hold")
    batch = {"amount": "1.00", "count": 1}
    made = await parties.operator.api("POST", "/api/admin/vouchers", batch, key="batch-1")
    await client.api("POST", "/api/wallet/vouchers", {"code": made["codes"][0]}, key="voucher-1")
    await client.wait_for(is_state("live"), TIMEOUT_S, "the call's return")
    await client.wait_for(
        lambda e: e["type"] == "call.meter" and e["meter"]["seconds"] >= 7, TIMEOUT_S, "the meter"
    )
    await parties.provider.ask("call.hang_up", call=parties.call)
    call = await parties.settled()
    receipt = call["receipt"]
    assert receipt["reason"] == "provider_hung_up"
    assert receipt["charged_micros"] == receipt["connected_s"] * 100_000
    assert receipt["balance_after_micros"] == 1_500_000 - receipt["charged_micros"]
    assert rich_site.audit()["ok"]
