"""A provider decides who may ring."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Reporter, Site


async def test_a_blocked_client_is_told_so_and_can_be_let_in_again(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await bob.ask("call.decline", call=call_id)
    await ann.receipt()
    [blocked] = (await bob.api("POST", "/blocks", {"call": call_id}))["blocked"]
    assert blocked["name"] == "ann"
    with pytest.raises(Refused) as refused:
        await site.ring(ann, slug)
    assert (refused.value.code, str(refused.value)) == (
        "blocked",
        "bob does not take calls from you.",
    )
    quote = (await ann.api("GET", f"/public/services/{slug}/quote"))["quote"]
    assert quote["code"] == "blocked"
    assert await site.ring(await site.client("cid"), slug)
    await bob.api("DELETE", f"/blocks/{blocked['client_id']}")
    assert (await bob.api("GET", "/blocks"))["blocked"] == []


async def test_only_clients_of_own_calls_can_be_blocked(site: Site, reporter: Reporter) -> None:
    _, slug = await site.provider("bob")
    dan, _ = await site.provider("dan", title="Other")
    call_id = await site.ring(await site.client(), slug)
    for call in (call_id, "0000-nothing"):
        with pytest.raises(Refused) as refused:
            await dan.api("POST", "/blocks", {"call": call})
        assert refused.value.status == 404


async def test_clients_cannot_block(site: Site) -> None:
    ann = await site.client()
    with pytest.raises(Refused) as refused:
        await ann.api("GET", "/blocks")
    assert refused.value.code == "forbidden"
