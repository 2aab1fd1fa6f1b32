"""A disputed call's share is not available while its report is open, whatever crashes."""

from __future__ import annotations

from typing import Any

import pytest

from signaling.history.disputes.holds import ABANDONED_AFTER_MS
from tests.signaling.actors import Refused
from tests.signaling.calls.test_crashes import CrashError, crash
from tests.signaling.conftest import Reporter, Site
from tests.signaling.paid_call import CHARGED, DAY_S, EARNED, Paid, paid_call

BEFORE = 12_000_000 - CHARGED
WORDS = "The sound was gone half of the time."


@pytest.fixture
async def paid(site: Site, reporter: Reporter) -> Paid:
    return await paid_call(site, reporter)


async def complain(paid: Paid) -> None:
    await paid.ann.api("POST", f"/calls/{paid.call}/dispute", {"reason": WORDS})


async def close(paid: Paid, amount: str, answer: str = "You are right.") -> None:
    body = {"amount": amount, "answer": answer}
    await paid.olga.api("POST", f"/admin/calls/{paid.call}/dispute", body)


async def money(paid: Paid) -> tuple[int, int, int]:
    """Pending, of it held, available: as the provider is told."""
    assert await paid.site.balanced()
    earned = await paid.earned()
    return earned["pending_micros"], earned["held_micros"], earned["available_micros"]


async def slow_round(paid: Paid) -> None:
    """What the upkeep does every half minute."""
    await paid.site.parts.holds.mend()
    await paid.site.parts.books.upkeep.run(now_ms=paid.site.clock())


async def decide_and_crash(
    paid: Paid, monkeypatch: pytest.MonkeyPatch, place: str, amount: int
) -> None:
    """Olga refunds; the web process dies at a place in the code."""
    parts = paid.site.parts
    olga = await parts.accounts.get(paid.olga.user["id"])
    assert olga is not None
    owner: Any = {
        "give": parts.books.refunds,
        "deliver": parts.books.shares,
        "free": parts.books.holds,
        "decide": parts.disputes,
    }[place]
    with monkeypatch.context() as patch:
        patch.setattr(owner, place, crash)
        with pytest.raises(CrashError):
            await parts.decisions.decide(olga, paid.call, amount, "You are right.")


async def test_the_share_waits_for_the_decision_and_is_then_available_at_once(paid: Paid) -> None:
    await complain(paid)
    assert await money(paid) == (EARNED, EARNED, 0)
    paid.site.clock.advance(8 * DAY_S)
    await slow_round(paid)
    assert await money(paid) == (EARNED, EARNED, 0)
    with pytest.raises(Refused) as refused:
        await paid.bob.api("POST", "/payouts", {"amount": "0.01"}, Idempotency_Key="p")
    assert refused.value.code == "insufficient_funds"
    await close(paid, "0.40")
    assert await money(paid) == (0, 0, EARNED - 340_000)


async def test_decided_within_the_window_it_waits_for_the_end_of_it(paid: Paid) -> None:
    await complain(paid)
    await close(paid, "0", "Both lines were without loss.")
    await slow_round(paid)
    assert await money(paid) == (EARNED, 0, 0)
    paid.site.clock.advance(8 * DAY_S)
    await slow_round(paid)
    assert await money(paid) == (0, 0, EARNED)


async def test_a_second_report_after_the_decision_holds_nothing(paid: Paid) -> None:
    await complain(paid)
    await close(paid, "0", "No.")
    with pytest.raises(Refused):
        await complain(paid)
    assert await money(paid) == (EARNED, 0, 0)


async def test_a_hold_that_was_lost_is_put_in_place_before_earnings_are_released(
    paid: Paid,
) -> None:
    await complain(paid)
    bob = paid.bob.user["id"]
    await paid.site.parts.books.holds.free(paid.call, bob, now_ms=paid.site.clock())
    paid.site.clock.advance(8 * DAY_S)
    await slow_round(paid)
    assert await money(paid) == (EARNED, EARNED, 0)


async def test_a_hold_whose_report_was_never_written_down_does_not_last(
    paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = paid.site.parts
    ann = await parts.accounts.get(paid.ann.user["id"])
    assert ann is not None
    with monkeypatch.context() as patch:
        patch.setattr(parts.disputes, "open", crash)
        with pytest.raises(CrashError):
            await parts.decisions.report(ann, paid.call, WORDS)
    await slow_round(paid)
    assert await money(paid) == (EARNED, EARNED, 0), "its report may be on its way"
    paid.site.clock.advance(ABANDONED_AFTER_MS / 1000 + 1)
    await slow_round(paid)
    assert await money(paid) == (EARNED, 0, 0)
    await complain(paid)
    assert await money(paid) == (EARNED, EARNED, 0)


@pytest.mark.parametrize("place", ["give", "deliver", "free", "decide"])
@pytest.mark.parametrize("then", ["0.40", "0.55"])
async def test_a_decision_cut_short_is_finished_by_another(
    paid: Paid, monkeypatch: pytest.MonkeyPatch, place: str, then: str
) -> None:
    await complain(paid)
    paid.site.clock.advance(8 * DAY_S)
    await decide_and_crash(paid, monkeypatch, place, 400_000)
    await slow_round(paid)
    [waiting] = (await paid.olga.api("GET", "/admin/disputes"))["disputes"]
    assert waiting["call"]["id"] == paid.call
    for _ in range(2):
        await close(paid, then, "In other words.")
    given = int(float(then) * 1_000_000)
    assert await paid.balance() == BEFORE + given
    assert await money(paid) == (0, 0, EARNED - given * 85 // 100)
    seen = (await paid.ann.api("GET", f"/calls/{paid.call}"))["call"]
    assert seen["dispute"]["refund_micros"] == given
    assert seen["receipt"]["refunded_micros"] == given


async def test_what_a_decision_cut_short_gave_back_is_not_taken_again(
    paid: Paid, monkeypatch: pytest.MonkeyPatch
) -> None:
    await complain(paid)
    await decide_and_crash(paid, monkeypatch, "decide", 400_000)
    for amount in ("0", "0.39"):
        with pytest.raises(Refused) as refused:
            await close(paid, amount)
        assert refused.value.code == "wrong_state"
        assert "0.40 USD" in (refused.value.fields or {})["amount"]
    await close(paid, "0.40")
    assert await paid.balance() == BEFORE + 400_000


async def test_a_refund_without_the_report_does_not_count_as_its_decision(paid: Paid) -> None:
    await complain(paid)
    body = {"amount": "0.70", "reason": "Bad line"}
    path = f"/admin/calls/{paid.call}/refunds"
    await paid.olga.api("POST", path, body, Idempotency_Key="api")
    with pytest.raises(Refused) as refused:
        await close(paid, "0.31")
    assert refused.value.code == "above_original"
    assert await money(paid) == (EARNED - 595_000, EARNED - 595_000, 0)
    await close(paid, "0.30")
    assert await paid.balance() == BEFORE + CHARGED
    assert await money(paid) == (0, 0, 0)


async def test_two_operators_do_not_decide_at_once(paid: Paid) -> None:
    await complain(paid)
    async with paid.site.parts.disputes.deciding(paid.call):
        with pytest.raises(Refused) as refused:
            await close(paid, "0.40")
        assert refused.value.code == "wrong_state"
    assert await paid.balance() == BEFORE
    await close(paid, "0.40")
    assert await paid.balance() == BEFORE + 400_000
