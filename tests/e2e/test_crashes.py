"""kill -9 of relay, web and store under a live call: the talk goes on, the money stays right."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.calls import TIMEOUT_S, Parties, live_call
from tests.e2e.conftest import Site, children, running_site
from tipmeet.demo.visitor import is_state

SECOND_MICROS = 100_000


@pytest.fixture
def sturdy_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with two relays."""
    folder = tmp_path_factory.mktemp("crash") / "var"
    with running_site(folder, errors_expected=True, threshold_s="2", relays="2") as site:
        yield site


def kill(site: Site, command: str) -> int:
    """SIGKILL to every child of the supervisor that runs this; how many there were."""
    victims = children(site.process.pid, command)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    return len(victims)


async def finish(parties: Parties, site: Site, at_least: int) -> None:
    """Hang up and check that what is charged is what was proven, and the books are clean."""
    await parties.client.ask("call.hang_up", call=parties.call)
    receipt = (await parties.settled())["receipt"]
    assert receipt["connected_s"] >= at_least
    assert receipt["charged_micros"] == receipt["connected_s"] * SECOND_MICROS
    assert receipt["balance_after_micros"] == 50_000_000 - receipt["charged_micros"]
    report = site.audit()
    assert report["ok"], report["problems"]


async def test_a_killed_relay_is_replaced_and_the_call_goes_on(sturdy_site: Site) -> None:
    site = sturdy_site
    async with live_call(site, price="6.00", money="50.00") as parties:
        before = await parties.seconds(3)
        assert kill(site, "relay") == 2
        await parties.client.wait_for(is_state("interrupted"), TIMEOUT_S, "the interruption")
        await parties.rejoin()
        await parties.client.wait_for(is_state("live"), TIMEOUT_S, "the call's return")
        after = await parties.seconds(before + 2)
        await finish(parties, site, after)


async def test_a_killed_web_process_does_not_stop_talk_or_meter(sturdy_site: Site) -> None:
    site = sturdy_site
    async with live_call(site, price="6.00", money="50.00") as parties:
        before = await parties.seconds(3)
        assert kill(site, "web") == 1
        for person in (parties.client, parties.provider):
            await person.reconnect(TIMEOUT_S)
        for person in (parties.client, parties.provider):
            watched = await person.ask("call.watch", call=parties.call)
            assert watched["call"]["state"] == "live"
        after = await parties.seconds(before + 2)
        await finish(parties, site, after)


async def test_a_killed_store_comes_back_with_every_charge(sturdy_site: Site) -> None:
    site = sturdy_site
    async with live_call(site, price="6.00", money="50.00") as parties:
        before = await parties.seconds(3)
        # Appends go to disk once a second: let the account and the call be there for certain.
        await asyncio.sleep(1.5)
        assert kill(site, "-server ") == 1
        after = await parties.seconds(before + 4)
        await finish(parties, site, after)
