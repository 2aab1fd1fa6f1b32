"""Who is rung, and who is told why not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from signaling.ringing.start import RINGS_BY_PERSON
from tests.signaling.actors import Refused
from tests.signaling.conftest import Reporter, Site


async def test_a_client_rings_a_provider_and_its_money_is_held(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client(money="12.00")
    call_id = await site.ring(ann, slug)
    incoming = (await bob.event("call.incoming"))["call"]
    assert incoming["id"] == call_id
    assert incoming["client"] == {"name": "ann"}
    assert incoming["affordable_s"] == 1200
    assert (await ann.state("ringing"))["deadline_at_ms"] > site.clock()
    wallet = await ann.api("GET", "/wallet")
    assert (wallet["available_micros"], wallet["held_micros"]) == (10_800_000, 1_200_000)
    assert (await bob.event("duty"))["duty"] == "busy"


async def refusal(site: Site, client: object, slug: str, **changes: object) -> Refused:
    with pytest.raises(Refused) as refused:
        await site.ring(client, slug, **changes)  # type: ignore[arg-type]
    return refused.value


async def test_too_little_money_is_told_with_the_figures(site: Site, reporter: Reporter) -> None:
    _, slug = await site.provider(price="0.30")
    ann = await site.client(money="0.10")
    refused = await refusal(site, ann, slug)
    assert refused.code == "insufficient_funds"
    assert str(refused) == "You need 0.60 USD to start this call and have 0.10 USD."
    quote = (await ann.api("GET", f"/public/services/{slug}/quote"))["quote"]
    assert (quote["can_call"], quote["code"]) == (False, "insufficient_funds")
    assert quote["detail"] == str(refused)
    assert (await ann.api("GET", "/calls"))["calls"] == []


async def test_without_consent_nobody_is_rung(site: Site, reporter: Reporter) -> None:
    _, slug = await site.provider()
    ann = await site.client()
    assert (await refusal(site, ann, slug, consent=False)).code == "consent_required"


async def test_a_price_that_changed_since_it_was_shown_is_not_charged(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    quote = (await ann.api("GET", f"/public/services/{slug}/quote"))["quote"]
    [service] = (await bob.api("GET", "/services"))["services"]
    body = {"title": "Chess lessons", "kind": "Teacher", "price": "0.90", "published": True}
    await bob.api("PUT", f"/services/{service['id']}", body)
    refused = await refusal(site, ann, slug, tariff_hash=quote["tariff"]["hash"])
    assert refused.code == "price_changed"
    assert await site.ring(ann, slug)


async def test_an_unknown_service_is_not_found(site: Site, reporter: Reporter) -> None:
    ann = await site.client()
    with pytest.raises(Refused) as refused:
        await ann.ask("call.start", service="nothing", tariff_hash="x", consent=True)
    assert refused.value.code == "not_found"


async def test_an_unpublished_service_cannot_be_called(site: Site, reporter: Reporter) -> None:
    await site.provider(published=False)
    ann = await site.client()
    with pytest.raises(Refused) as refused:
        await ann.ask("call.start", service="chess-lessons", tariff_hash="x", consent=True)
    assert refused.value.code == "not_published"


async def test_a_provider_that_is_off_duty_is_not_rung(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    await bob.ask("duty.set", on=False)
    ann = await site.client()
    refused = await refusal(site, ann, slug)
    assert (refused.code, str(refused)) == ("off_duty", "bob is not on duty now.")


async def test_nobody_calls_their_own_service(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    assert (await refusal(site, bob, slug)).code == "own_service"


async def test_a_provider_in_a_call_is_busy(site: Site, reporter: Reporter) -> None:
    _, slug = await site.provider()
    await site.ring(await site.client("ann"), slug)
    refused = await refusal(site, await site.client("cid"), slug)
    assert (refused.code, str(refused)) == ("busy", "bob is in another call.")


async def test_a_client_in_a_call_cannot_start_another(site: Site, reporter: Reporter) -> None:
    _, slug = await site.provider("bob")
    _, other = await site.provider("dan", title="Other lessons")
    ann = await site.client()
    await site.ring(ann, slug)
    assert (await refusal(site, ann, other)).code == "already_in_call"


async def test_guests_make_free_calls_only(site: Site, reporter: Reporter) -> None:
    _, paid = await site.provider("bob")
    _, free = await site.provider("dan", price="0", title="Free advice")
    guest = await site.person("gus", "guest")
    assert (await refusal(site, guest, paid)).code == "not_signed_in"
    assert await site.ring(guest, free)


async def test_without_a_relay_nobody_is_rung(site: Site) -> None:
    _, slug = await site.provider()
    ann = await site.client()
    assert (await refusal(site, ann, slug)).code == "relay_unavailable"
    assert (await ann.api("GET", "/wallet"))["held_micros"] == 0


async def test_of_two_clients_that_press_call_at_once_one_rings(
    site: Site, reporter: Reporter
) -> None:
    _, slug = await site.provider()
    clients = [await site.client(f"ann{n}") for n in range(4)]
    outcomes = await asyncio.gather(
        *(site.ring(client, slug) for client in clients), return_exceptions=True
    )
    rung = [outcome for outcome in outcomes if isinstance(outcome, str)]
    codes = {outcome.code for outcome in outcomes if isinstance(outcome, Refused)}
    assert len(rung) == 1
    assert codes == {"busy"}
    for client, outcome in zip(clients, outcomes, strict=True):
        if isinstance(outcome, Refused):
            assert (await client.api("GET", "/wallet"))["held_micros"] == 0


async def test_a_call_the_books_refuse_at_the_last_moment_leaves_no_trace(
    site: Site, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The money went elsewhere between the quote and the hold."""
    bob, slug = await site.provider()
    ann = await site.client(money="1.20")
    quote = site.parts.books.calls.quote

    async def outdated(*about: Any, **more: Any) -> Any:
        return replace(await quote(*about, **more), available_micros=9_000_000)

    await site.pricing(min_minutes=5)
    with monkeypatch.context() as patch:
        patch.setattr(site.parts.books.calls, "quote", outdated)
        refused = await refusal(site, ann, slug)
    assert refused.code == "insufficient_funds"
    assert (await ann.api("GET", "/calls"))["calls"] == []
    assert (await bob.ask("duty.set", on=True))["duty"] == "on_duty"
    await site.give(ann, "5.00")
    call_id = await site.ring(ann, slug)
    assert (await bob.event("call.incoming"))["call"]["id"] == call_id
    assert (await ann.event("call.state"))["call"]["state"] == "ringing"


async def test_a_client_that_rings_and_rings_is_stopped(site: Site, reporter: Reporter) -> None:
    _, slug = await site.provider()
    ann = await site.client()
    for _ in range(30):
        await site.parts.limiter.take(RINGS_BY_PERSON, ann.user["id"])
    assert (await refusal(site, ann, slug)).code == "too_many_requests"


async def test_a_client_whose_calls_are_answered_may_ring_as_often_as_they_like(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    for _ in range(29):
        await site.parts.limiter.take(RINGS_BY_PERSON, ann.user["id"])
    await bob.ask("call.accept", call=await site.ring(ann, slug))
    for _ in range(30):
        await site.parts.limiter.take(RINGS_BY_PERSON, ann.user["id"])


async def test_an_edited_price_leaves_a_ringing_call_alone(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider(price="0.60")
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await site.pricing(commission_bps=5000, threshold_s=5)
    call = (await ann.api("GET", f"/calls/{call_id}"))["call"]
    assert (call["tariff"]["price_micros"], call["tariff"]["threshold_s"]) == (600_000, 60)
    assert "commission_bps" not in call["tariff"]
    seen_by_bob = (await bob.api("GET", f"/calls/{call_id}"))["call"]
    assert seen_by_bob["tariff"]["commission_bps"] == 1500
