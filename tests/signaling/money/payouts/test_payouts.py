"""A provider asks for earnings, the operator pays or rejects: once, in words, and written down."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Reporter, Site
from tests.signaling.paid_call import EARNED, Paid, paid_call


@pytest.fixture
async def paid(site: Site, reporter: Reporter) -> Paid:
    """A week after a paid call: the earnings are available."""
    made = await paid_call(site, reporter)
    await made.window_over()
    return made


async def ask(paid: Paid, amount: str = "0.50", key: str = "one") -> dict[str, object]:
    body = {"amount": amount, "note": "IBAN DE02"}
    answer = await paid.bob.api("POST", "/payouts", body, Idempotency_Key=key)
    return dict(answer["payout"])


async def test_earnings_are_pending_until_the_dispute_window_is_over(
    site: Site, reporter: Reporter
) -> None:
    made = await paid_call(site, reporter)
    earned = await made.earned()
    assert (earned["earned_micros"], earned["pending_micros"]) == (EARNED, EARNED)
    with pytest.raises(Refused) as refused:
        await ask(made)
    assert (refused.value.code, refused.value.status) == ("insufficient_funds", 402)
    assert refused.value.fields == {
        "amount": "You can ask for 0.00 USD at most: that much is available now."
    }
    await made.window_over()
    earned = await made.earned()
    assert (earned["pending_micros"], earned["available_micros"]) == (0, EARNED)


async def test_a_request_sent_twice_is_one_request(paid: Paid) -> None:
    first, again = await ask(paid), await ask(paid)
    assert first == again
    assert (first["state"], first["amount_micros"]) == ("requested", 500_000)
    earned = await paid.earned()
    assert (earned["requested_micros"], earned["available_micros"]) == (500_000, EARNED - 500_000)
    with pytest.raises(Refused) as refused:
        await ask(paid, "0.60")
    assert refused.value.code == "duplicate_key"
    assert len((await paid.bob.api("GET", "/payouts"))["payouts"]) == 1
    assert await paid.site.balanced()


@pytest.mark.parametrize("amount", ["0", "-1", "abc", "0.86", "0.0000001", "99999999999999999999"])
async def test_an_amount_that_cannot_be_paid_is_refused_beside_its_field(
    paid: Paid, amount: str
) -> None:
    with pytest.raises(Refused) as refused:
        await ask(paid, amount)
    assert list(refused.value.fields or {}) == ["amount"]
    assert (await paid.earned())["available_micros"] == EARNED


async def test_the_operator_pays_with_a_reference_and_it_is_written_down_once(paid: Paid) -> None:
    made = await ask(paid)
    [waiting] = (await paid.olga.api("GET", "/admin/payouts?state=requested"))["payouts"]
    assert (waiting["provider"]["name"], waiting["note"]) == ("bob", "IBAN DE02")
    for _ in range(2):
        body = {"reference": "SEPA 7"}
        answer = await paid.olga.api("POST", f"/admin/payouts/{made['id']}/pay", body)
        assert answer["payout"]["state"] == "paid"
    earned = await paid.earned()
    assert (earned["requested_micros"], earned["paid_out_micros"]) == (0, 500_000)
    assert earned["earned_micros"] == EARNED
    [seen] = (await paid.bob.api("GET", "/payouts"))["payouts"]
    assert (seen["answer"], "provider" in seen) == ("SEPA 7", False)
    [action] = (await paid.olga.api("GET", f"/admin/actions?about={made['id']}"))["actions"]
    assert (action["what"], action["operator"]["name"]) == ("payout_paid", "olga")
    assert await paid.site.balanced()


async def test_a_rejected_payout_gives_the_money_back_and_cannot_be_paid_any_more(
    paid: Paid,
) -> None:
    made = await ask(paid)
    path = f"/admin/payouts/{made['id']}"
    await paid.olga.api("POST", f"{path}/reject", {"reason": "No such account"})
    assert (await paid.earned())["available_micros"] == EARNED
    with pytest.raises(Refused) as refused:
        await paid.olga.api("POST", f"{path}/pay", {"reference": "x"})
    assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
    assert (await paid.earned())["available_micros"] == EARNED
    assert await paid.site.balanced()


async def test_settling_needs_words_and_a_payout_that_exists(paid: Paid) -> None:
    made = await ask(paid)
    for path, body, field in (("pay", {}, "reference"), ("reject", {"reason": " "}, "reason")):
        with pytest.raises(Refused) as refused:
            await paid.olga.api("POST", f"/admin/payouts/{made['id']}/{path}", body)
        assert list(refused.value.fields or {}) == [field]
    for unknown in ("nothing", "0001-abc", "ffff-abc"):
        with pytest.raises(Refused) as refused:
            await paid.olga.api("POST", f"/admin/payouts/{unknown}/pay", {"reference": "x"})
        assert (refused.value.code, refused.value.status) == ("unknown_payout", 404)
    with pytest.raises(Refused) as refused:
        await paid.olga.api("GET", "/admin/payouts?state=lost")
    assert list(refused.value.fields or {}) == ["state"]
    assert (await paid.earned())["requested_micros"] == 500_000


async def test_nobody_else_asks_or_settles(paid: Paid) -> None:
    made = await ask(paid)
    for person, method, path, body in (
        (paid.ann, "POST", "/payouts", {"amount": "1"}),
        (paid.olga, "POST", "/payouts", {"amount": "1"}),
        (paid.bob, "POST", f"/admin/payouts/{made['id']}/pay", {"reference": "x"}),
        (paid.bob, "GET", "/admin/payouts", None),
        (paid.ann, "GET", "/admin/actions", None),
    ):
        with pytest.raises(Refused) as refused:
            await person.api(method, path, body, Idempotency_Key="k")
        assert refused.value.code == "forbidden"


@pytest.mark.parametrize("amount", ["0.806667", "0.001", "0.855"])
async def test_a_part_of_a_coin_cannot_be_asked_for(paid: Paid, amount: str) -> None:
    with pytest.raises(Refused) as refused:
        await ask(paid, amount)
    assert (refused.value.code, refused.value.status) == ("invalid", 422)
    assert refused.value.fields == {"amount": "Banks send whole coins: the smallest is 0.01 USD."}
    assert (await paid.bob.api("GET", "/payouts"))["payouts"] == []
