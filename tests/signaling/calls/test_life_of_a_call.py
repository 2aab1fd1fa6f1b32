"""A call from the ring to the receipt, whatever happens in between."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Reporter, Site


async def answered(site: Site, money: str = "12.00") -> tuple[Person, Person, str]:
    """Ann's call to Bob, accepted, not yet connected."""
    bob, slug = await site.provider()
    ann = await site.client(money=money)
    call_id = await site.ring(ann, slug)
    await bob.ask("call.accept", call=call_id)
    await ann.state("connecting")
    return ann, bob, call_id


async def connected(
    site: Site, reporter: Reporter, money: str = "12.00"
) -> tuple[Person, Person, str]:
    """The same, live at the reporter's relay."""
    ann, bob, call_id = await answered(site, money)
    await reporter.adopt(call_id)
    await reporter.tell(call_id, 0)
    await ann.state("live")
    await bob.state("live")
    return ann, bob, call_id


async def test_hanging_up_brings_both_the_receipt_at_once(site: Site, reporter: Reporter) -> None:
    ann, bob, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 61.4)
    meter = (await ann.event("call.meter", lambda e: e["meter"]["seconds"] == 61))["meter"]
    assert (meter["charged_micros"], meter["free_left_s"]) == (610_000, 0)
    assert meter["balance_micros"] == 12_000_000 - 610_000
    assert "provider_micros" not in meter
    meter = (await bob.event("call.meter", lambda e: e["meter"]["seconds"] == 61))["meter"]
    assert meter["provider_micros"] == 610_000 - 91_500
    await ann.ask("call.hang_up", call=call_id)
    receipt, other = await ann.receipt(), await bob.receipt()
    assert receipt["reason"] == "client_hung_up"
    assert (receipt["connected_s"], receipt["billed_s"]) == (61, 61)
    assert receipt["charged_micros"] == other["charged_micros"] == 610_000
    assert receipt["balance_after_micros"] == 11_390_000
    assert "commission_micros" not in receipt
    assert (other["commission_micros"], other["provider_micros"]) == (91_500, 518_500)
    assert "balance_after_micros" not in other
    wallet = await ann.api("GET", "/wallet")
    assert (wallet["available_micros"], wallet["held_micros"]) == (11_390_000, 0)
    assert (await bob.api("GET", "/earnings"))["earned_micros"] == 518_500
    assert await site.balanced()


async def test_within_the_free_minute_nothing_is_charged(site: Site, reporter: Reporter) -> None:
    ann, bob, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 60)
    await bob.ask("call.hang_up", call=call_id)
    receipt = await ann.receipt()
    assert (receipt["reason"], receipt["charged_micros"]) == ("provider_hung_up", 0)
    assert (receipt["connected_s"], receipt["free_s"]) == (60, 60)
    assert (await ann.api("GET", "/wallet"))["available_micros"] == 12_000_000
    assert await site.balanced()


async def test_a_declined_call_costs_nothing_and_both_are_free_again(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await bob.event("call.incoming")
    await bob.ask("call.decline", call=call_id)
    assert (await bob.event("call.gone"))["reason"] == "declined"
    assert (await ann.state("declined"))["reason"] == "declined"
    assert (await ann.receipt())["charged_micros"] == 0
    assert (await ann.api("GET", "/wallet"))["held_micros"] == 0
    assert await site.ring(ann, slug)


async def test_a_cancelled_call_stops_ringing(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await ann.ask("call.cancel", call=call_id)
    assert (await bob.event("call.gone"))["reason"] == "cancelled"
    await ann.receipt()
    assert await site.balanced()


async def test_the_second_tab_to_answer_is_told_so(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    tab = await site.again(bob)
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await tab.event("call.incoming")
    await bob.ask("call.accept", call=call_id)
    assert (await tab.event("call.gone"))["reason"] == "answered"
    with pytest.raises(Refused) as refused:
        await tab.ask("call.accept", call=call_id)
    assert refused.value.code == "wrong_state"


async def test_an_unanswered_call_ends_when_the_ring_time_is_over(
    site: Site, reporter: Reporter
) -> None:
    _, slug = await site.provider()
    ann = await site.client()
    await site.ring(ann, slug)
    await ann.state("ringing")
    await site.later(44)
    assert (await ann.api("GET", "/calls"))["calls"][0]["state"] == "ringing"
    await site.later(2)
    assert (await ann.state("no_answer"))["reason"] == "no_answer"
    await ann.receipt()
    assert await site.balanced()


async def test_a_call_stops_ringing_when_its_client_has_closed_the_browser(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    await site.ring(ann, slug)
    await bob.event("call.incoming")
    await site.left(ann)
    site.clock.advance(21)
    assert (await bob.event("call.gone"))["reason"] == "cancelled"
    await bob.receipt()
    assert await site.balanced()


async def test_a_call_that_never_connects_fails(site: Site, reporter: Reporter) -> None:
    ann, _, _ = await answered(site)
    site.clock.advance(46)
    assert (await ann.state("failed"))["reason"] == "failed"
    await ann.receipt()
    assert await site.balanced()


async def test_a_lost_side_may_come_back(site: Site, reporter: Reporter) -> None:
    _, bob, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 10, client="interrupted")
    call = await bob.state("interrupted")
    assert call["deadline_at_ms"] is not None
    await reporter.tell(call_id, 12)
    assert (await bob.state("live"))["deadline_at_ms"] is None


async def test_a_side_that_stays_away_ends_the_call_at_the_last_proven_second(
    site: Site, reporter: Reporter
) -> None:
    ann, _, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 70, provider="gone")
    await ann.state("interrupted")
    site.clock.advance(31)
    await reporter.announce()
    assert (await ann.state("ended"))["reason"] == "media_lost"
    assert (await ann.receipt())["connected_s"] == 70
    assert await site.balanced()


async def test_used_up_money_puts_on_hold_and_a_top_up_goes_on(
    site: Site, reporter: Reporter
) -> None:
    ann, bob, call_id = await connected(site, reporter, money="1.20")
    await reporter.tell(call_id, 125)
    assert (await bob.state("on_hold"))["deadline_at_ms"] is not None
    operator = await site.person("olga", "operator", connected=False)
    batch = {"amount": "0.60", "count": 1}
    [code] = (await operator.api("POST", "/admin/vouchers", batch, Idempotency_Key="v"))["codes"]
    await ann.api("POST", "/wallet/vouchers", {"code": code}, Idempotency_Key="k1")
    await ann.state("live")
    await reporter.tell(call_id, 150)
    meter = (await ann.event("call.meter", lambda e: e["meter"]["seconds"] == 150))["meter"]
    assert meter["affordable_s"] == 30


async def test_on_hold_without_a_top_up_ends_exhausted(site: Site, reporter: Reporter) -> None:
    ann, _, call_id = await connected(site, reporter, money="1.20")
    await reporter.tell(call_id, 125)
    await ann.state("on_hold")
    site.clock.advance(61)
    await reporter.announce()
    assert (await ann.state("ended"))["reason"] == "balance_exhausted"
    assert (await ann.receipt())["balance_after_micros"] == 0
    assert await site.balanced()


async def test_both_are_warned_when_the_money_runs_low(site: Site, reporter: Reporter) -> None:
    ann, bob, call_id = await connected(site, reporter, money="4.00")
    await reporter.tell(call_id, 99)
    await reporter.tell(call_id, 101)
    for person in (ann, bob):
        assert (await person.event("call.warning"))["left_s"] == 299
    await reporter.tell(call_id, 280)
    assert (await ann.event("call.warning"))["left_s"] == 120
    await reporter.tell(call_id, 281)
    await reporter.tell(call_id, 371)
    assert (await ann.event("call.warning"))["left_s"] == 29


async def test_the_operator_ends_a_call(site: Site, reporter: Reporter) -> None:
    ann, bob, call_id = await connected(site, reporter)
    operator = await site.person("olga", "operator")
    await operator.ask("call.end", call=call_id)
    assert (await ann.state("ended"))["reason"] == "operator_ended"
    await bob.receipt()
    seen = (await operator.api("GET", f"/calls/{call_id}"))["call"]
    assert seen["side"] == "operator"
    assert {"commission_micros", "balance_after_micros"} <= set(seen["receipt"])
    assert await site.balanced()


async def test_a_silent_relay_loses_the_call_and_another_takes_it_over(
    site: Site, reporter: Reporter
) -> None:
    ann, _, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 30)
    second = Reporter(site, "r2", reporter.control_url)
    site.clock.advance(6)
    await second.announce()
    await ann.state("interrupted")
    await second.adopt(call_id)
    await second.tell(call_id, 0)
    await ann.state("live")
    await reporter.tell(call_id, 50)  # the old one wakes up: fenced off
    await second.tell(call_id, 35)
    meter = (await ann.event("call.meter", lambda e: e["meter"]["seconds"] > 30))["meter"]
    assert meter["seconds"] == 65
    await ann.ask("call.hang_up", call=call_id)
    assert (await ann.receipt())["connected_s"] == 65
    assert await site.balanced()


async def test_without_another_relay_the_receipt_says_whose_fault_it_was(
    site: Site, reporter: Reporter
) -> None:
    ann, _, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 30)
    site.clock.advance(6)
    await ann.state("interrupted")
    site.clock.advance(31)
    assert (await ann.state("ended"))["reason"] == "server_lost"
    assert (await ann.receipt())["charged_micros"] == 0
    assert await site.balanced()


async def test_the_clock_is_paused_by_the_provider_and_goes_on_when_the_client_agrees(
    site: Site, reporter: Reporter
) -> None:
    ann, bob, call_id = await connected(site, reporter)
    with pytest.raises(Refused):
        await ann.ask("call.pause", call=call_id)
    await bob.ask("call.pause", call=call_id)
    await ann.state("paused")
    site.clock.advance(3)
    await reporter.announce()
    assert (await bob.ask("call.resume", call=call_id))["call"]["state"] == "paused"
    call = (await ann.event("call.state", lambda e: e["call"]["resume_asked"]))["call"]
    assert call["state"] == "paused"
    await ann.ask("call.resume", call=call_id)
    await bob.state("live")


async def test_a_reconnecting_browser_is_told_of_its_call(site: Site, reporter: Reporter) -> None:
    ann, _, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 7)
    await ann.event("call.meter", lambda e: e["meter"]["seconds"] == 7)
    await ann.disconnect()
    await ann.connect()
    [call] = ann.hello["calls"]
    assert (call["id"], call["state"], call["side"]) == (call_id, "live", "client")
    assert call["meter"]["seconds"] == 7
    assert (await ann.ask("call.watch", call=call_id))["call"]["state"] == "live"


async def test_a_call_rings_at_a_console_opened_later(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    call_id = await site.ring(await site.client(), slug)
    later = await site.again(bob)
    assert (await later.event("call.incoming"))["call"]["id"] == call_id


async def test_strangers_learn_nothing_of_a_call(site: Site, reporter: Reporter) -> None:
    _, bob, call_id = await connected(site, reporter)
    eve = await site.client("eve")
    for request in ("call.watch", "call.hang_up", "call.cancel"):
        with pytest.raises(Refused) as refused:
            await eve.ask(request, call=call_id)
        assert refused.value.code == "not_found"
    with pytest.raises(Refused) as refused:
        await eve.api("GET", f"/calls/{call_id}")
    assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        await bob.ask("call.cancel", call=call_id)
    assert refused.value.code == "forbidden"


async def test_two_web_processes_serve_the_two_sides(
    site: Site, other_site: Site, reporter: Reporter
) -> None:
    bob, slug = await other_site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    assert (await bob.event("call.incoming"))["call"]["id"] == call_id
    await bob.ask("call.accept", call=call_id)
    await reporter.adopt(call_id)
    await reporter.tell(call_id, 0)
    await ann.state("live")
    await bob.state("live")
    await reporter.tell(call_id, 75)
    await bob.ask("call.hang_up", call=call_id)
    assert (await ann.receipt())["charged_micros"] == (await bob.receipt())["charged_micros"]
    await other_site.parts.calls.idle()
    assert await site.balanced()


async def test_a_relay_that_does_not_answer_delays_the_receipt_ten_seconds_at_most(
    site: Site, reporter: Reporter
) -> None:
    ann, _, call_id = await connected(site, reporter)
    await reporter.tell(call_id, 80)
    reporter.control_url = "http://127.0.0.1:9"  # nobody listens there
    await reporter.announce()
    await ann.ask("call.hang_up", call=call_id)
    await ann.state("ended")
    await site.parts.calls.idle()
    assert (await ann.api("GET", f"/calls/{call_id}"))["call"]["receipt"] is None
    site.clock.advance(11)
    await reporter.announce()
    assert (await ann.receipt())["connected_s"] == 80
    assert await site.balanced()
