"""A client raises the limit of the running call, and the talk goes on to the new one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.signaling.actors import Person, Refused
from tests.signaling.calls.test_caps_and_warnings import talking
from tests.signaling.conftest import Reporter, Site


async def raised(site: Site, ann: Person, call_id: str, cap: str | None) -> dict[str, object]:
    """The call after it, with the books told."""
    answer = await ann.ask("call.raise_cap", call=call_id, spending_cap=cap)
    await site.parts.calls.idle()
    return dict(answer["call"])


async def test_a_raised_limit_is_where_the_call_ends(site: Site, reporter: Reporter) -> None:
    ann, bob, call_id = await talking(site, reporter, "12.00", "1.00")
    await reporter.tell(call_id, 90)
    view = await raised(site, ann, call_id, "1.50")
    assert view["spending_cap_micros"] == 1_500_000
    await reporter.tell(call_id, 120)
    seen = await ann.event("call.meter", lambda e: e["meter"]["seconds"] == 120)
    assert (seen["state"], seen["meter"]["affordable_s"]) == ("live", 30)
    await reporter.tell(call_id, 160)
    for person in (ann, bob):
        assert (await person.state("ended"))["reason"] == "spend_cap"
    assert (await ann.receipt())["charged_micros"] == 1_500_000
    assert await site.balanced()


async def test_a_lifted_limit_leaves_the_balance_as_the_end(site: Site, reporter: Reporter) -> None:
    ann, bob, call_id = await talking(site, reporter, "2.00", "1.00")
    await reporter.tell(call_id, 99)
    before = await ann.event("call.meter", lambda e: e["meter"]["seconds"] == 99)
    assert before["meter"]["ends_by"] == "spending_cap"
    assert (await raised(site, ann, call_id, None))["spending_cap_micros"] is None
    await reporter.tell(call_id, 130)
    seen = await bob.event("call.meter", lambda e: e["meter"]["seconds"] == 130)
    assert (seen["state"], seen["meter"]["ends_by"]) == ("live", "balance")


@pytest.mark.parametrize("cap", ["0.50", "0", "-1", "abc"])
async def test_a_limit_is_not_lowered(site: Site, reporter: Reporter, cap: str) -> None:
    ann, bob, call_id = await talking(site, reporter, "12.00", "1.00")
    with pytest.raises(Refused):
        await ann.ask("call.raise_cap", call=call_id, spending_cap=cap)
    with pytest.raises(Refused) as refused:
        await bob.ask("call.raise_cap", call=call_id, spending_cap="9.00")
    assert refused.value.code == "forbidden"


async def test_a_call_without_a_limit_gets_none(site: Site, reporter: Reporter) -> None:
    ann, _, call_id = await talking(site, reporter, "12.00")
    with pytest.raises(Refused) as refused:
        await ann.ask("call.raise_cap", call=call_id, spending_cap="5.00")
    assert refused.value.code == "wrong_state"


async def test_a_process_that_dies_between_the_press_and_the_books_loses_nothing(
    site: Site, other_site: Site, reporter: Reporter
) -> None:
    ann, _, call_id = await talking(site, reporter, "12.00", "1.00")
    call = await site.parts.calls.get(call_id)
    await site.parts.store.replace(call, replace(call, spending_cap_micros=2_000_000, cap_due=True))
    await other_site.parts.call_rounds.look_at_open_calls()
    await other_site.parts.calls.idle()
    await reporter.tell(call_id, 150)
    seen = await ann.event("call.meter", lambda e: e["meter"]["seconds"] == 150)
    assert seen["meter"]["affordable_s"] == 50
