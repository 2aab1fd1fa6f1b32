"""What a client agreed to spend is never passed; nobody is surprised by the end of the money."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Person
from tests.signaling.conftest import Reporter, Site


async def talking(
    site: Site, reporter: Reporter, money: str, cap: str | None = None
) -> tuple[Person, Person, str]:
    """A live call at 0.60 a minute: a cent a second."""
    bob, slug = await site.provider()
    ann = await site.client(money=money)
    call_id = await site.ring(ann, slug, **({"spending_cap": cap} if cap else {}))
    await bob.ask("call.accept", call=call_id)
    await reporter.adopt(call_id)
    await reporter.tell(call_id, 0)
    await ann.state("live")
    return ann, bob, call_id


async def warned(person: Person) -> int:
    """The next warning a person gets."""
    return int((await person.event("call.warning"))["left_s"])


@pytest.mark.parametrize(
    ("cap", "micros", "seconds"), [("0.75", 750_000, 75), ("1", 1_000_000, 100)]
)
async def test_the_limit_set_in_the_lobby_ends_the_call_at_exactly_that_sum(
    site: Site, reporter: Reporter, cap: str, micros: int, seconds: int
) -> None:
    ann, bob, call_id = await talking(site, reporter, "12.00", cap)
    view = (await ann.api("GET", f"/calls/{call_id}"))["call"]
    assert view["spending_cap_micros"] == micros, "what the label beside the meter names"
    await reporter.tell(call_id, seconds - 1)
    last = await ann.event("call.meter", lambda e: e["meter"]["seconds"] == seconds - 1)
    assert last["state"] == "live"
    assert last["meter"]["affordable_s"] == 1
    await reporter.tell(call_id, seconds + 5)
    for person in (ann, bob):
        assert (await person.state("ended"))["reason"] == "spend_cap"
    receipt = await ann.receipt()
    assert (receipt["charged_micros"], receipt["connected_s"]) == (micros, seconds)
    assert receipt["reason"] == "spend_cap"
    assert receipt["balance_after_micros"] == 12_000_000 - micros
    assert await site.balanced()


async def test_a_limit_between_two_seconds_is_not_passed(site: Site, reporter: Reporter) -> None:
    ann, _, call_id = await talking(site, reporter, "12.00", "0.759")
    await reporter.tell(call_id, 80)
    assert (await ann.state("ended"))["reason"] == "spend_cap"
    assert (await ann.receipt())["charged_micros"] == 750_000
    assert await site.balanced()


async def test_warnings_come_at_the_operators_points_and_only_there(
    site: Site, reporter: Reporter
) -> None:
    await site.pricing(low_balance_s=(90, 45, 10))
    ann, bob, call_id = await talking(site, reporter, "4.00")
    for seconds in (200, 309, 310, 311, 354, 355, 356, 389, 390, 391):
        await reporter.tell(call_id, seconds)
    for person in (ann, bob):
        assert [await warned(person) for _ in range(3)] == [90, 45, 10]
    await site.give(ann, "1.00")  # and again when the new money runs low: none came in between
    for seconds in (392, 409, 411):
        await reporter.tell(call_id, seconds)
    assert await warned(ann) == await warned(bob) == 89


async def test_a_warning_counts_what_the_client_wants_to_spend_not_what_is_there(
    site: Site, reporter: Reporter
) -> None:
    await site.pricing(low_balance_s=(30,))
    ann, bob, call_id = await talking(site, reporter, "12.00", "2.00")
    await reporter.tell(call_id, 169)
    await reporter.tell(call_id, 170)
    assert await warned(ann) == await warned(bob) == 30
