"""Calls through a real relay: real ICE, DTLS and SRTP from two synthetic participants."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from mediasrv.relay import Relay
from mediasrv.synthetic import SyntheticParticipant
from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Reporter, Site


async def join(stack: AsyncExitStack, person: Person, call_id: str) -> SyntheticParticipant:
    """The person's media join the call."""
    participant = SyntheticParticipant(decode=False)
    joined = await person.ask("media.join", call=call_id, offer=participant.offer())
    assert joined["ice_servers"] == [{"urls": ["stun:stun.example.org"]}]
    await participant.connect(joined["answer"])
    stack.push_async_callback(participant.close)
    return participant


async def answered(site: Site, money: str = "12.00") -> tuple[Person, Person, str]:
    bob, slug = await site.provider()
    ann = await site.client(money=money)
    call_id = await site.ring(ann, slug)
    await bob.ask("call.accept", call=call_id)
    return ann, bob, call_id


async def test_a_paid_call_from_ring_to_receipt(site: Site, relay: Relay) -> None:
    await site.pricing(threshold_s=1)
    async with AsyncExitStack() as media:
        ann, bob, call_id = await answered(site)
        await join(media, bob, call_id)
        await join(media, ann, call_id)
        await ann.state("live")
        await bob.state("live")
        meter = await ann.event("call.meter", lambda e: e["meter"]["charged_micros"] > 0)
        assert meter["quality"]["bitrate_bps"] > 0
        await ann.ask("call.hang_up", call=call_id)
        receipt = await ann.receipt()
    seconds = receipt["connected_s"]
    assert seconds >= 2
    assert receipt["charged_micros"] == seconds * 10_000
    assert sum(to - start for start, to in receipt["intervals"]) == seconds * 1000
    assert relay.calls() == []
    assert await site.balanced()


async def test_a_side_that_vanishes_comes_back_with_a_fresh_join(site: Site, relay: Relay) -> None:
    async with AsyncExitStack() as media:
        ann, bob, call_id = await answered(site)
        await join(media, bob, call_id)
        first = await join(media, ann, call_id)
        await bob.state("live")
        first.vanish()
        await bob.state("interrupted")
        await join(media, ann, call_id)
        await bob.state("live")
        await bob.ask("call.hang_up", call=call_id)
        assert (await ann.receipt())["reason"] == "provider_hung_up"
    assert await site.balanced()


async def test_a_paused_clock_lets_media_pass_and_proves_nothing(site: Site, relay: Relay) -> None:
    async with AsyncExitStack() as media:
        ann, bob, call_id = await answered(site)
        await join(media, bob, call_id)
        hearing = await join(media, ann, call_id)
        await bob.state("live")
        await bob.ask("call.pause", call=call_id)
        await ann.state("paused")
        await site.parts.calls.idle()
        proof_ms, heard = relay.proof_ms(call_id), hearing.packets_received
        while hearing.packets_received <= heard:
            await ann.event("call.meter")
        assert relay.proof_ms(call_id) == proof_ms
        site.clock.advance(2)
        await bob.ask("call.resume", call=call_id)
        await ann.ask("call.resume", call=call_id)
        await bob.state("live")
        await bob.ask("call.hang_up", call=call_id)
        assert (await ann.receipt())["paused_s"] >= 2
    assert await site.balanced()


async def test_media_stop_where_the_money_does_and_flow_again_after_a_top_up(
    site: Site, relay: Relay
) -> None:
    await site.pricing(threshold_s=0, min_minutes=0)
    async with AsyncExitStack() as media:
        ann, bob, call_id = await answered(site, money="0.02")
        await join(media, bob, call_id)
        await join(media, ann, call_id)
        await ann.state("live")
        await ann.state("on_hold")
        await site.give(ann, "1.00")  # by whatever way: the relay's next report tells
        await ann.state("live")
        await ann.event("call.meter", lambda e: e["meter"]["seconds"] > 2)
        await ann.ask("call.hang_up", call=call_id)
        receipt = await ann.receipt()
        assert receipt["charged_micros"] == receipt["connected_s"] * 10_000
    assert await site.balanced()


async def test_a_cap_of_the_clients_own_ends_the_call(site: Site, relay: Relay) -> None:
    await site.pricing(threshold_s=0, min_minutes=0)
    async with AsyncExitStack() as media:
        bob, slug = await site.provider()
        ann = await site.client()
        call_id = await site.ring(ann, slug, spending_cap="0.02")
        await bob.ask("call.accept", call=call_id)
        await join(media, bob, call_id)
        await join(media, ann, call_id)
        assert (await ann.state("ended"))["reason"] == "spend_cap"
        assert (await ann.receipt())["charged_micros"] == 20_000
    assert await site.balanced()


async def test_a_malformed_offer_names_the_line_and_the_call_goes_on(
    site: Site, relay: Relay
) -> None:
    async with AsyncExitStack() as media:
        ann, bob, call_id = await answered(site)
        with pytest.raises(Refused) as refused:
            await ann.ask("media.join", call=call_id, offer="v=0\r\nnot an offer\r\n")
        assert refused.value.code == "bad_offer"
        assert "line" in str(refused.value)
        await join(media, bob, call_id)
        await join(media, ann, call_id)
        await ann.state("live")


async def test_joining_without_end_is_stopped_and_hurts_nobody_else(
    site: Site, relay: Relay
) -> None:
    async with AsyncExitStack() as media:
        ann, bob, call_id = await answered(site)
        offer = SyntheticParticipant(decode=False).offer()
        codes = []
        for _ in range(20):
            try:
                await ann.ask("media.join", call=call_id, offer=offer)
                codes.append("joined")
            except Refused as refused:
                codes.append(refused.code)
        assert codes == ["joined"] * 12 + ["too_many_requests"] * 8
        await join(media, bob, call_id)
        await site.parts.redis.delete(
            f"tipmeet:rate:joins:{ann.user['id']}:{call_id}"
        )  # 20 s later
        await join(media, ann, call_id)
        await ann.state("live")


async def test_nobody_joins_before_the_answer_or_after_the_end(site: Site, relay: Relay) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    offer = SyntheticParticipant(decode=False).offer()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await ann.ask("media.join", call=call_id, offer=offer)
        assert refused.value.code == "wrong_state"
        await bob.ask("call.decline", call=call_id)


async def test_a_relay_that_does_not_answer_is_passed_over(site: Site, relay: Relay) -> None:
    dead = Reporter(site, "a", "http://127.0.0.1:9")
    await dead.announce(participants=-1)  # the least loaded, so the first to be asked
    async with AsyncExitStack() as media:
        ann, bob, call_id = await answered(site)
        await join(media, ann, call_id)
        await join(media, bob, call_id)
        await ann.state("live")
        assert (await site.parts.calls.get(call_id)).relay == "real"


async def test_a_relay_that_drains_takes_no_new_call_though_it_was_picked(
    site: Site, relay: Relay
) -> None:
    async with AsyncExitStack() as media:
        ann, _, call_id = await answered(site)
        relay.drain()  # its next announcement would say so
        with pytest.raises(Refused) as refused:
            await join(media, ann, call_id)
        assert refused.value.code == "relay_unavailable"
        await ann.ask("call.hang_up", call=call_id)
        assert (await ann.receipt())["charged_micros"] == 0
    assert await site.balanced()
