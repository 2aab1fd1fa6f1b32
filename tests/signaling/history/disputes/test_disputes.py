"""A client reports a problem with a paid call; the operator refunds a part, or says why not."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Reporter, Site
from tests.signaling.paid_call import CHARGED, EARNED, Paid, paid_call

BEFORE = 12_000_000 - CHARGED
WORDS = "The sound was gone half of the time."


@pytest.fixture
async def paid(site: Site, reporter: Reporter) -> Paid:
    return await paid_call(site, reporter)


async def report(paid: Paid, reason: str = WORDS) -> dict[str, object]:
    path = f"/calls/{paid.call}/dispute"
    return dict((await paid.ann.api("POST", path, {"reason": reason}))["call"])


async def decide(paid: Paid, amount: str, answer: str = "You are right.") -> dict[str, object]:
    path = f"/admin/calls/{paid.call}/dispute"
    body = {"amount": amount, "answer": answer}
    return dict((await paid.olga.api("POST", path, body))["call"])


async def refund(paid: Paid, amount: str, key: str = "one") -> dict[str, object]:
    path = f"/admin/calls/{paid.call}/refunds"
    body = {"amount": amount, "reason": "Bad line"}
    return dict((await paid.olga.api("POST", path, body, Idempotency_Key=key))["call"])


async def test_a_report_is_seen_by_the_operator_and_closed_with_a_refund(paid: Paid) -> None:
    before = (await paid.ann.api("GET", f"/calls/{paid.call}"))["call"]
    assert before["dispute"] is None
    assert before["report_until_ms"] > paid.site.clock()
    reported = await report(paid)
    assert reported["report_until_ms"] is None
    [waiting] = (await paid.olga.api("GET", "/admin/disputes"))["disputes"]
    assert waiting["call"]["id"] == paid.call
    assert (waiting["dispute"]["state"], waiting["dispute"]["reason"]) == ("open", WORDS)
    to_bob = (await paid.bob.api("GET", f"/calls/{paid.call}"))["call"]["dispute"]
    assert to_bob["state"] == "open"
    assert "reason" not in to_bob, "what was said of the provider is for the operator"
    for _ in range(2):  # the answer was lost: pressed again
        await decide(paid, "0.40")
    assert await paid.balance() == BEFORE + 400_000
    assert (await paid.earned())["earned_micros"] == EARNED - 340_000
    after = (await paid.ann.api("GET", f"/calls/{paid.call}"))["call"]
    assert after["dispute"]["state"] == "refunded"
    assert after["dispute"]["answer"] == "You are right."
    assert after["receipt"]["refunded_micros"] == 400_000
    to_bob = (await paid.bob.api("GET", f"/calls/{paid.call}"))["call"]["receipt"]
    assert to_bob["provider_refunded_micros"] == 340_000
    line = (await paid.ann.api("GET", "/wallet"))["entries"][0]
    assert (line["kind"], line["amount_micros"]) == ("refund", 400_000)
    assert (await paid.olga.api("GET", "/admin/disputes"))["disputes"] == []
    [closed] = (await paid.olga.api("GET", "/admin/disputes?state=decided"))["disputes"]
    assert closed["dispute"]["refund_micros"] == 400_000
    actions = (await paid.olga.api("GET", f"/admin/actions?about={paid.call}"))["actions"]
    assert [action["what"] for action in actions] == ["call_refunded"]
    assert await paid.site.balanced()


async def test_a_rejected_report_moves_no_money_and_says_why(paid: Paid) -> None:
    await report(paid)
    await decide(paid, "0", "Both lines were without loss.")
    assert await paid.balance() == BEFORE
    seen = (await paid.ann.api("GET", f"/calls/{paid.call}"))["call"]["dispute"]
    assert (seen["state"], seen["answer"]) == ("rejected", "Both lines were without loss.")
    with pytest.raises(Refused) as refused:
        await decide(paid, "0.10", "After all")
    assert refused.value.code == "wrong_state"
    assert await paid.balance() == BEFORE
    assert await paid.site.balanced()


async def test_one_report_a_call_by_its_client_and_in_time(paid: Paid) -> None:
    for reason in ("short", " " * 50, "x" * 1001):
        with pytest.raises(Refused) as refused:
            await report(paid, reason)
        assert list(refused.value.fields or {}) == ["reason"]
    stranger = await paid.site.client("eve")
    with pytest.raises(Refused) as refused:
        await stranger.api("POST", f"/calls/{paid.call}/dispute", {"reason": WORDS})
    assert refused.value.code == "not_found"
    await report(paid)
    with pytest.raises(Refused) as refused:
        await report(paid)
    assert (refused.value.code, refused.value.status) == ("wrong_state", 409)


async def test_after_the_window_it_is_too_late(paid: Paid) -> None:
    await paid.window_over()
    with pytest.raises(Refused) as refused:
        await report(paid)
    assert (refused.value.code, refused.value.status) == ("too_late", 409)
    assert (await paid.olga.api("GET", "/admin/disputes"))["disputes"] == []


async def test_a_call_that_cost_nothing_has_nothing_to_report(
    site: Site, reporter: Reporter
) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    with pytest.raises(Refused) as refused:
        await ann.api("POST", f"/calls/{call_id}/dispute", {"reason": WORDS})
    assert refused.value.code == "wrong_state"
    await bob.ask("call.decline", call=call_id)
    await site.parts.calls.idle()
    with pytest.raises(Refused) as refused:
        await ann.api("POST", f"/calls/{call_id}/dispute", {"reason": WORDS})
    assert refused.value.code == "wrong_state"


async def test_the_operator_refunds_without_a_report_too_but_never_above_the_charge(
    paid: Paid,
) -> None:
    for _ in range(2):
        call = await refund(paid, "0.70")
    assert call["receipt"]["refunded_micros"] == 700_000  # type: ignore[index]
    for amount in ("0.31", "0", "x"):
        with pytest.raises(Refused) as refused:
            await refund(paid, amount, key="two")
        assert list(refused.value.fields or {}) == ["amount"]
    with pytest.raises(Refused) as refused:
        await refund(paid, "0.31", key="two")
    assert (refused.value.code, refused.value.status) == ("above_original", 409)
    await refund(paid, "0.30", key="two")
    assert await paid.balance() == BEFORE + CHARGED
    assert (await paid.earned())["earned_micros"] == 0
    assert await paid.site.balanced()


async def test_deciding_what_nobody_reported_or_refunding_nothing_known_is_refused(
    paid: Paid,
) -> None:
    with pytest.raises(Refused) as refused:
        await decide(paid, "0.10")
    assert refused.value.code == "not_found"
    body = {"amount": "0.10", "reason": "x"}
    for unknown in ("0000-nothing", "nothing"):
        path = f"/admin/calls/{unknown}/refunds"
        with pytest.raises(Refused) as refused:
            await paid.olga.api("POST", path, body, Idempotency_Key="k")
        assert refused.value.code == "not_found"
    with pytest.raises(Refused) as refused:
        await paid.bob.api("POST", f"/admin/calls/{paid.call}/refunds", body, Idempotency_Key="k")
    assert refused.value.code == "forbidden"
    assert await paid.balance() == BEFORE


async def test_lists_of_calls_show_what_was_refunded_and_reported(paid: Paid) -> None:
    lists = ((paid.ann, "/calls"), (paid.bob, "/calls"), (paid.olga, "/admin/calls"))
    for person, path in lists:
        [call] = (await person.api("GET", path))["calls"]
        assert (call["receipt"]["refunded_micros"], call["dispute"]) == (0, None)
    await report(paid)
    await decide(paid, "0.40")
    for person, path in lists:
        [call] = (await person.api("GET", path))["calls"]
        assert call["receipt"]["refunded_micros"] == 400_000
        assert call["dispute"]["state"] == "refunded"
        own = call["receipt"].get("provider_refunded_micros")
        assert own == (None if person is paid.ann else 340_000)
        assert ("reason" in call["dispute"]) == (person is not paid.bob)
