"""On duty means: said so, and there."""

from __future__ import annotations

from tests.signaling.conftest import Reporter, Site


async def test_duty_lasts_through_a_reload_and_ends_twenty_seconds_after_the_last_tab(
    site: Site,
) -> None:
    bob, slug = await site.provider()
    tab = await site.again(bob)
    assert tab.hello["duty"] == "on_duty"

    async def availability() -> str:
        service = (await bob.api("GET", f"/public/services/{slug}"))["service"]
        return str(service["availability"])

    await tab.disconnect()
    await bob.disconnect()
    assert await availability() == "on_duty"
    await bob.connect()
    assert bob.hello["duty"] == "on_duty"
    await site.left(bob)
    site.clock.advance(21)
    assert await availability() == "off_duty"
    await bob.connect()
    assert bob.hello["duty"] == "off_duty"


async def test_every_tab_hears_of_a_change_of_duty(site: Site) -> None:
    bob, _ = await site.provider()
    tab = await site.again(bob)
    assert (await bob.ask("duty.set", on=False))["duty"] == "off_duty"
    await tab.event("duty", lambda e: e["duty"] == "off_duty")


async def test_duty_is_shared_between_web_processes(
    site: Site, other_site: Site, reporter: Reporter
) -> None:
    bob, slug = await other_site.provider()
    ann = await site.client()
    assert await site.ring(ann, slug)
    assert (await bob.event("duty"))["duty"] == "busy"
    await bob.event("call.incoming")


async def test_a_provider_is_free_again_after_a_call(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await bob.event("duty", lambda e: e["duty"] == "busy")
    await bob.ask("call.decline", call=call_id)
    await bob.event("duty", lambda e: e["duty"] == "on_duty")


async def test_the_console_says_since_when_and_why_duty_is_over(site: Site) -> None:
    bob, _ = await site.provider()
    await site.left(bob)
    closed_ms = site.clock()
    site.clock.advance(21)
    await bob.connect()
    assert (bob.hello["duty"], bob.hello["off_reason"]) == ("off_duty", "pages_closed")
    assert abs(bob.hello["off_since_ms"] - closed_ms) < 15_000, (
        "when they left, not when it was seen"
    )
    assert (await bob.ask("duty.set", on=True))["off_since_ms"] is None
    site.clock.advance(60)
    said = await bob.ask("duty.set", on=False)
    assert said["off_reason"] == "switched_off"
    assert said["off_since_ms"] > closed_ms + 60_000


async def test_a_round_that_retires_somebody_notes_it_too(site: Site) -> None:
    bob, _ = await site.provider()
    await site.left(bob)
    closed_ms = site.clock()
    site.clock.advance(21)
    assert await site.parts.presence.retire_unseen(site.clock()) == [bob.user["id"]]
    off = await site.parts.presence.off_duty(bob.user["id"])
    assert off is not None
    assert off.reason == "pages_closed"
    assert abs(off.since_ms - closed_ms) < 15_000
