"""A web process dies at any point of a call: nothing stays held, nobody stays busy."""

from __future__ import annotations

from typing import Any

import pytest

from metering.errors import UnknownCallError
from signaling.calls.events import Accepted, HungUp, Pinned
from signaling.calls.record import State
from signaling.calls.state import step
from signaling.calls.store import CallStore
from signaling.ringing.start import CallRequest
from tests.signaling.actors import Person
from tests.signaling.conftest import Reporter, Site


class CrashError(BaseException):
    """The process is gone: nothing that follows happens, no handler runs."""


def crash(*_: Any, **__: Any) -> Any:
    raise CrashError


async def ring_and_crash(site: Site, monkeypatch: pytest.MonkeyPatch, place: str) -> Person:
    """Ann presses Call; the web process dies at a place in the code."""
    _, slug = await site.provider()
    ann = await site.client()
    user = await site.parts.accounts.get(ann.user["id"])
    quote = (await ann.api("GET", f"/public/services/{slug}/quote"))["quote"]
    request = CallRequest(slug=slug, tariff_hash=quote["tariff"]["hash"], consent=True)
    owner: Any = {
        "open": site.parts.books.calls,
        "apply": site.parts.calls,
    }[place]
    assert user is not None
    with monkeypatch.context() as patch:
        patch.setattr(owner, place, crash, raising=True)
        with pytest.raises(CrashError):
            await site.parts.start.ring(user, request)
    return ann


@pytest.mark.parametrize("place", ["open", "apply"])
async def test_a_crash_while_a_call_is_opened_ends_it_and_frees_the_money(
    site: Site, reporter: Reporter, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    ann = await ring_and_crash(site, monkeypatch, place)
    held = (await ann.api("GET", "/wallet"))["held_micros"]
    assert (held > 0) == (place == "apply")
    site.clock.advance(16)
    await ann.state("failed")
    while (await ann.api("GET", "/wallet"))["held_micros"]:
        await site.parts.calls.idle()
    assert await site.parts.presence.call_of(ann.user["id"]) is None
    [call] = (await ann.api("GET", "/calls"))["calls"]
    assert call["state"] == "failed"
    assert await site.balanced()


async def test_a_process_that_froze_while_it_opened_a_call_holds_nothing_afterwards(
    site: Site, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline passes between the record and the hold: the late hold is given back."""
    _, slug = await site.provider()
    ann = await site.client()
    open_call = site.parts.books.calls.open

    async def frozen(call_id: str, **about: Any) -> Any:
        site.clock.advance(16)
        await ann.state("failed")
        while not (await site.parts.calls.get(call_id)).settled:
            await site.parts.calls.idle()
        return await open_call(call_id, **about)

    monkeypatch.setattr(site.parts.books.calls, "open", frozen)
    with pytest.raises(Exception, match="could not be started in time"):
        await site.ring(ann, slug)
    assert (await ann.api("GET", "/wallet"))["held_micros"] == 0
    assert await site.balanced()


async def test_a_hold_without_a_record_is_an_orphan_and_is_given_back(
    site: Site, reporter: Reporter
) -> None:

    ann = await site.client()
    _, slug = await site.provider()
    service = await site.parts.services.by_slug(slug)
    assert service is not None
    pricing = await site.parts.pricing.get()
    call_id = site.parts.books.calls.new_id(ann.user["id"])
    await site.parts.books.calls.open(
        call_id,
        client_id=ann.user["id"],
        provider_id=service.provider_id,
        service_id=service.id,
        tariff=pricing.tariff("USD", 600_000, 60, 1),
        now_ms=site.clock(),
    )
    rounds = site.parts.call_rounds
    await rounds.end_orphans()
    assert (await ann.api("GET", "/wallet"))["held_micros"] > 0  # it may be opening right now
    site.clock.advance(61)
    await rounds.end_orphans()
    assert (await ann.api("GET", "/wallet"))["held_micros"] == 0
    assert await site.balanced()


@pytest.mark.parametrize("place", ["end", "deliver", "close_call"])
async def test_a_crash_while_a_call_is_settled_is_made_up_for(
    site: Site, reporter: Reporter, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await bob.ask("call.accept", call=call_id)
    await reporter.adopt(call_id)
    await reporter.tell(call_id, 0)
    await ann.state("live")
    await reporter.tell(call_id, 90)
    await ann.event("call.meter", lambda e: e["meter"]["seconds"] == 90)
    owner: Any = {
        "end": site.parts.books.calls,
        "deliver": site.parts.books.shares,
        "close_call": site.parts.relay_client,
    }[place]
    with monkeypatch.context() as patch:
        # The record says `ended`, and the process is gone before it gets any further.
        patch.setattr(owner, place, failing)
        await ann.ask("call.hang_up", call=call_id)
        await ann.state("ended")
        await site.parts.calls.idle()
        assert not (await site.parts.calls.get(call_id)).settled
    assert (await ann.receipt())["charged_micros"] == 900_000
    while not (await site.parts.calls.get(call_id)).settled:
        site.clock.advance(2)
        await reporter.announce()
        await ann.api("GET", "/wallet")
    assert (await bob.api("GET", "/earnings"))["earned_micros"] == 765_000
    assert await site.balanced()


async def failing(*_: Any, **__: Any) -> Any:
    """What a dead store or network looks like."""
    raise OSError("gone")


async def test_all_web_processes_die_and_a_new_one_ends_what_they_left(
    site: Site, reporter: Reporter
) -> None:
    """Nobody is told anything; the record, the deadline and the books are all that is left."""
    _, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    store, now_ms = CallStore(site.parts.redis), site.clock()
    call = await store.get(call_id)
    assert call is not None
    for event in (Accepted(), Pinned("r1"), HungUp("client")):
        after, _ = step(call, event, now_ms)
        written = await store.replace(call, after)
        assert written is not None
        call = written
    assert call.state is State.ENDED
    assert (await ann.receipt())["reason"] == "client_hung_up"
    assert await site.balanced()


async def test_a_call_that_the_books_never_knew_is_settled_without_a_receipt(
    site: Site, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await ring_and_crash(site, monkeypatch, "open")
    site.clock.advance(16)
    call = await ann.state("failed")
    while not (await site.parts.calls.get(call["id"])).settled:
        await site.parts.calls.idle()
        await ann.api("GET", "/wallet")
    with pytest.raises(UnknownCallError):
        await site.parts.books.calls.receipt(call["id"])
    assert (await ann.api("GET", f"/calls/{call['id']}"))["call"]["receipt"] is None
