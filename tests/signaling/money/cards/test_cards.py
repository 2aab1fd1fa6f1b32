"""Card top-ups: credited exactly once, however often and in whatever order Stripe says it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import redis.asyncio

from signaling.money.cards.stripe_cards import CardSettings, unit_micros
from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Clock, Site, start_site
from tests.signaling.money.cards.stripe_stand_in import (
    API_KEY,
    WEBHOOK_SECRET,
    StripeStandIn,
    event,
    signed,
)


@dataclass
class Shop:
    """A site that takes cards, the stand-in behind it, and a client."""

    site: Site
    stripe: StripeStandIn
    client: Person

    async def checkout(self, amount: str = "20.00", key: str = "k1") -> dict[str, Any]:
        """The client asks for a payment page; the session behind it."""
        body = {"amount": amount}
        answer = await self.client.api("POST", "/wallet/checkout", body, Idempotency_Key=key)
        return next(s for s in self.stripe.sessions.values() if s["url"] == answer["url"])

    async def say(self, body: dict[str, Any], secret: str = WEBHOOK_SECRET) -> int:
        """Stripe sends an event; the status it is answered with."""
        data, headers = signed(body, secret)
        url = f"{self.site.url}/api/stripe/webhook"
        async with aiohttp.ClientSession() as http:
            answer = await http.post(url, data=data, headers=headers)
            return answer.status

    async def money(self) -> int:
        return int((await self.client.api("GET", "/wallet"))["available_micros"])


@pytest.fixture
async def shop(redis_client: redis.asyncio.Redis) -> AsyncIterator[Shop]:
    stripe = StripeStandIn()
    await stripe.server.start_server()
    cards = CardSettings(API_KEY, WEBHOOK_SECRET, api_base=stripe.url)
    async with asynccontextmanager(start_site)(redis_client, Clock(), cards=cards) as site:
        yield Shop(site, stripe, await site.person("ann", "client"))
        assert await site.balanced()
    await stripe.server.close()


async def refund(shop: Shop, operator: Person, amount: str, key: str = "r1") -> None:
    (session,) = shop.stripe.sessions.values()
    body = {"top_up": session["metadata"]["tipmeet_top_up"], "amount": amount}
    path = f"/admin/users/{shop.client.user['id']}/card-refunds"
    await operator.api("POST", path, body, Idempotency_Key=key)


async def test_a_paid_session_is_credited(shop: Shop) -> None:
    session = await shop.checkout("20.00")
    assert session["amount_total"] == 2000
    assert session["currency"] == "usd"
    assert await shop.money() == 0, "a payment page is not a payment"
    assert await shop.say(shop.stripe.pay(session)) == 200
    assert await shop.money() == 20_000_000


async def test_events_said_again_and_twice_at_once_credit_once(shop: Shop) -> None:
    session = await shop.checkout()
    first = shop.stripe.pay(session)
    again = event("checkout.session.async_payment_succeeded", session)
    for body in (first, first, again, first):
        assert await shop.say(body) == 200
    assert await shop.money() == 20_000_000


async def test_a_session_that_is_completed_but_not_paid_waits_for_the_money(shop: Shop) -> None:
    session = await shop.checkout()
    assert await shop.say(shop.stripe.pay(session, status="unpaid")) == 200
    assert await shop.money() == 0
    session["payment_status"] = "paid"
    assert await shop.say(event("checkout.session.async_payment_succeeded", session)) == 200
    assert await shop.money() == 20_000_000


async def test_the_same_request_again_gets_the_same_payment_page(shop: Shop) -> None:
    assert (await shop.checkout())["id"] == (await shop.checkout())["id"]
    assert (await shop.checkout(key="k2"))["id"] == "cs_2"


async def test_an_event_that_stripe_did_not_sign_changes_nothing(shop: Shop) -> None:
    session = await shop.checkout()
    assert await shop.say(shop.stripe.pay(session), secret="whsec_wrong") == 400
    async with aiohttp.ClientSession() as http:
        url = f"{shop.site.url}/api/stripe/webhook"
        for wrong in ({}, {"Stripe-Signature": "t=1,v1=00"}):
            headers = {"Content-Type": "application/json", **wrong}
            answer = await http.post(url, data=b"{}", headers=headers)
            assert answer.status == 400
    assert await shop.money() == 0


async def test_a_payment_of_something_else_on_the_same_account_is_no_top_up(shop: Shop) -> None:
    other = {"object": "checkout.session", "payment_status": "paid", "amount_total": 500}
    assert await shop.say(event("checkout.session.completed", other)) == 200
    assert await shop.say(event("customer.created", {"object": "customer"})) == 200
    assert await shop.money() == 0


async def test_a_payment_in_another_currency_is_not_credited(shop: Shop) -> None:
    session = await shop.checkout()
    session["currency"] = "eur"
    assert await shop.say(shop.stripe.pay(session)) == 200
    assert await shop.money() == 0


@pytest.mark.parametrize("amount", ["0.50", "20.001", "10000.01", "0", "abc"])
async def test_an_amount_no_card_can_pay_is_refused_beside_its_field(
    shop: Shop, amount: str
) -> None:
    with pytest.raises(Refused) as refused:
        await shop.checkout(amount)
    assert refused.value.fields is not None
    assert "amount" in refused.value.fields
    assert not shop.stripe.sessions


async def test_when_stripe_is_away_the_client_is_told_and_nothing_is_charged(shop: Shop) -> None:
    shop.stripe.fail_with = (400, "no such account")
    with pytest.raises(Refused) as refused:
        await shop.checkout()
    assert refused.value.code == "card_unavailable"
    assert await shop.money() == 0


async def test_a_refund_leaves_the_wallet_once_however_often_it_is_asked(shop: Shop) -> None:
    operator = await shop.site.person("olga", "operator")
    assert await shop.say(shop.stripe.pay(await shop.checkout())) == 200
    for _ in range(2):
        await refund(shop, operator, "5.00")
    (made,) = shop.stripe.refunds.values()
    assert made["amount"] == 500
    assert await shop.money() == 15_000_000
    assert await shop.say(event("refund.created", made)) == 200
    assert await shop.say(event("refund.updated", made)) == 200
    assert await shop.money() == 15_000_000, "its own refund's events change nothing more"


async def test_refunds_never_go_above_the_top_up(shop: Shop) -> None:
    operator = await shop.site.person("olga", "operator")
    assert await shop.say(shop.stripe.pay(await shop.checkout())) == 200
    await shop.site.give(shop.client, "50.00")
    await refund(shop, operator, "15.00")
    with pytest.raises(Refused) as refused:
        await refund(shop, operator, "5.01", key="r2")
    assert refused.value.code == "above_original"
    assert len(shop.stripe.refunds) == 1
    assert await shop.money() == 55_000_000


async def test_the_operator_sees_which_payments_can_still_go_back(shop: Shop) -> None:
    operator = await shop.site.person("olga", "operator")
    assert await shop.say(shop.stripe.pay(await shop.checkout("20.00"))) == 200
    await refund(shop, operator, "5.00")
    path = f"/admin/users/{shop.client.user['id']}/card-payments"
    [payment] = (await operator.api("GET", path))["payments"]
    (session,) = shop.stripe.sessions.values()
    assert payment["top_up"] == session["metadata"]["tipmeet_top_up"]
    assert (payment["amount_micros"], payment["refunded_micros"]) == (20_000_000, 5_000_000)
    assert payment["refundable_micros"] == 15_000_000
    [action] = (await operator.api("GET", "/admin/actions"))["actions"]
    assert (action["what"], action["amount_micros"]) == ("card_refunded", 5_000_000)
    with pytest.raises(Refused) as refused:
        await refund(shop, operator, "15.01", key="r2")
    assert refused.value.fields == {
        "amount": "15.00 is left of this payment; no more than that can go back."
    }


async def test_a_refund_that_stripe_refuses_gives_the_money_back(shop: Shop) -> None:
    operator = await shop.site.person("olga", "operator")
    assert await shop.say(shop.stripe.pay(await shop.checkout())) == 200
    shop.stripe.fail_with = (400, "charge already disputed")
    with pytest.raises(Refused) as refused:
        await refund(shop, operator, "5.00")
    assert refused.value.code == "refund_refused"
    assert await shop.money() == 20_000_000


async def test_a_refund_that_fails_at_the_bank_gives_the_money_back_once(shop: Shop) -> None:
    operator = await shop.site.person("olga", "operator")
    assert await shop.say(shop.stripe.pay(await shop.checkout())) == 200
    await refund(shop, operator, "5.00")
    (made,) = shop.stripe.refunds.values()
    made["status"] = "failed"
    for _ in range(2):
        assert await shop.say(event("refund.failed", made)) == 200
    assert await shop.money() == 20_000_000


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_dashboard_refund_and_its_payment_come_in_any_order(
    shop: Shop, order: tuple[int, ...]
) -> None:
    session = await shop.checkout()
    paid = shop.stripe.pay(session)
    events = [paid, shop.stripe.refund_in_dashboard(session, 700), paid]
    waiting = [events[i] for i in order]
    for _ in range(4):  # Stripe says again what was not answered with 200
        waiting = [body for body in waiting if await shop.say(body) != 200]
    assert waiting == []
    assert await shop.money() == 13_000_000


async def test_only_an_operator_refunds(shop: Shop) -> None:
    assert await shop.say(shop.stripe.pay(await shop.checkout())) == 200
    with pytest.raises(Refused) as refused:
        await refund(shop, shop.client, "5.00")
    assert refused.value.code == "forbidden"
    assert not shop.stripe.refunds


async def test_without_keys_there_are_no_cards(redis_client: redis.asyncio.Redis) -> None:
    async with asynccontextmanager(start_site)(redis_client, Clock()) as site:
        client = await site.person("ann", "client")
        with pytest.raises(Refused) as refused:
            await client.api("POST", "/wallet/checkout", {"amount": "5.00"}, Idempotency_Key="k")
        assert refused.value.code == "not_found"


def test_stripes_smallest_units() -> None:
    assert [unit_micros(currency) for currency in ("USD", "JPY", "KWD")] == [
        10_000,
        1_000_000,
        1_000,
    ]
