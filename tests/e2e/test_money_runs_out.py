"""What happens when the money is used up in mid-call: on hold, a top-up, and on; or the end.

Two participants with real media and no browser; `tests/signaling_pages` shows the pages.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from mediasrv.synthetic import SyntheticParticipant
from tests.e2e.conftest import OPERATOR, OPERATOR_PASSWORD, Site, running_site
from tipmeet.visitor import Visitor, is_state

PRICE = "6.00"  # a tenth every second
TIMEOUT_S = 30


@dataclass
class Parties:
    """Everybody in one call that is live."""

    operator: Visitor
    provider: Visitor
    client: Visitor
    call: str


@pytest.fixture(scope="module")
def rich_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on which a call may start with money for a few seconds."""
    folder = tmp_path_factory.mktemp("short") / "var"
    with running_site(folder, threshold_s="2", min_minutes="0", on_hold_s="5") as site:
        yield site


async def sign_up(site: Site, role: str, stack: AsyncExitStack) -> tuple[Visitor, str]:
    """A new account with an open socket: the visitor and the account's id."""
    visitor = await stack.enter_async_context(Visitor(site.url))
    account = {
        "email": f"{secrets.token_hex(6)}@example.org",
        "password": secrets.token_urlsafe(12),
        "name": role.title(),
        "role": role,
    }
    user = (await visitor.api("POST", "/api/accounts", account))["user"]
    await visitor.connect()
    return visitor, user["id"]


async def credit(operator: Visitor, client_id: str, amount: str) -> None:
    path = f"/api/admin/users/{client_id}/credit"
    await operator.api("POST", path, {"amount": amount, "note": "test"}, key=secrets.token_hex(8))


@pytest.fixture
async def parties(rich_site: Site) -> AsyncIterator[Parties]:
    """A live call of a client who has 0.50: money for five seconds."""
    site = rich_site
    async with AsyncExitStack() as stack:
        operator = await stack.enter_async_context(Visitor(site.url))
        login = {"email": OPERATOR, "password": OPERATOR_PASSWORD}
        await operator.api("POST", "/api/session", login)
        provider, _ = await sign_up(site, "provider", stack)
        client, client_id = await sign_up(site, "client", stack)
        await credit(operator, client_id, "0.50")
        service = {
            "title": "Short talks",
            "kind": "Law",
            "description": "",
            "qualifications": "",
            "languages": [],
            "time_zone": "UTC",
            "hours": {},
            "price": PRICE,
            "period": "minute",
            "published": True,
        }
        slug = (await provider.api("POST", "/api/services", service))["service"]["slug"]
        await provider.ask("duty.set", on=True)
        quote = (await client.api("GET", f"/api/public/services/{slug}/quote"))["quote"]
        assert quote["affordable_s"] == 5
        started = await client.ask(
            "call.start",
            service=slug,
            tariff_hash=quote["tariff"]["hash"],
            consent=True,
            audio=True,
            video=False,
        )
        call_id = started["call"]["id"]
        await provider.wait_for(lambda e: e["type"] == "call.incoming", TIMEOUT_S, "the ring")
        await provider.ask("call.accept", call=call_id)
        for person in (client, provider):
            media = SyntheticParticipant(video=False)
            stack.push_async_callback(media.close)
            joined = await person.ask("media.join", call=call_id, offer=media.offer())
            await media.connect(joined["answer"])
        await client.wait_for(is_state("live"), TIMEOUT_S, "the live call")
        yield Parties(operator, provider, client, call_id)


async def settled(person: Visitor, call_id: str) -> dict[str, Any]:
    """The call's receipt, as soon as it is there."""
    while True:
        call: dict[str, Any] = (await person.api("GET", f"/api/calls/{call_id}"))["call"]
        if call["receipt"] is not None:
            return call
        await person.wait_for(is_state("ended"), TIMEOUT_S, "the receipt")


async def test_a_call_whose_money_is_used_up_goes_on_hold_and_ends_without_a_top_up(
    parties: Parties, rich_site: Site
) -> None:
    await parties.client.wait_for(is_state("on_hold"), TIMEOUT_S, "on hold")
    await parties.provider.wait_for(is_state("on_hold"), TIMEOUT_S, "on hold")
    await parties.client.wait_for(is_state("ended"), TIMEOUT_S, "the end")
    call = await settled(parties.client, parties.call)
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
    made = await parties.operator.api("POST", "/api/admin/vouchers", {"amount": "1.00", "count": 1})
    await client.api("POST", "/api/wallet/vouchers", {"code": made["codes"][0]}, key="voucher-1")
    await client.wait_for(is_state("live"), TIMEOUT_S, "the call's return")
    await client.wait_for(
        lambda e: e["type"] == "call.meter" and e["meter"]["seconds"] >= 7, TIMEOUT_S, "the meter"
    )
    await parties.provider.ask("call.hang_up", call=parties.call)
    call = await settled(client, parties.call)
    receipt = call["receipt"]
    assert receipt["reason"] == "provider_hung_up"
    assert receipt["charged_micros"] == receipt["connected_s"] * 100_000
    assert receipt["balance_after_micros"] == 1_500_000 - receipt["charged_micros"]
    assert rich_site.audit()["ok"]
