"""What a client has, or is willing to pay, is nobody else's business: minutes left are enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.signaling.conftest import Reporter, Site

PRIVATE = ("balance", "available", "held", "needed", "spending_cap")
PAGES = ("/calls", "/payouts", "/blocks", "/services", "/statement")


def names(found: Any, path: str = "") -> Iterator[str]:
    """The path of every field of an answer that says something."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from names(value, f"{path}.{name}")
    elif isinstance(found, list):
        for value in found:
            yield from names(value, path)
    elif found is not None:
        yield path


def private(found: Any) -> set[str]:
    return {
        path for path in names(found) if any(f"{word}" in path.split(".")[-1] for word in PRIVATE)
    }


async def test_nothing_that_a_provider_is_sent_tells_the_callers_balance(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client(money="4.00")
    told: list[dict[str, Any]] = []
    receive = bob._events  # everything the socket says
    call_id = await site.ring(ann, slug, spending_cap="3.50")
    told.append(await bob.event("call.incoming"))
    told.append(await bob.ask("call.accept", call=call_id))
    await reporter.adopt(call_id)
    for seconds in (0, 200, 240):
        await reporter.tell(call_id, seconds)
        told.append(await bob.event("call.meter", lambda e, s=seconds: e["meter"]["seconds"] == s))
    told.append(await bob.event("call.warning"))
    told.append(await bob.ask("call.watch", call=call_id))
    told.append((await site.again(bob)).hello)
    told.append(await bob.api("GET", f"/calls/{call_id}"))
    await ann.ask("call.hang_up", call=call_id)
    await bob.receipt()
    told.append(await bob.api("GET", f"/calls/{call_id}"))
    told += [await bob.api("GET", page) for page in PAGES[:-2]]
    told += [event for events in receive.values() for event in events]
    assert {path for each in told for path in private(each)} == set()
    assert told[2]["meter"]["ends_by"] == "spending_cap", "told in words whose end it is"
    assert told[2]["meter"]["affordable_s"] == 350


async def test_the_client_sees_their_own(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    ann = await site.client(money="4.00")
    call_id = await site.ring(ann, slug, spending_cap="3.50")
    await bob.ask("call.accept", call=call_id)
    await reporter.adopt(call_id)
    await reporter.tell(call_id, 0)
    meter = (await ann.event("call.meter"))["meter"]
    assert meter["balance_micros"] == 4_000_000
    view = (await ann.ask("call.watch", call=call_id))["call"]
    assert view["spending_cap_micros"] == 3_500_000
