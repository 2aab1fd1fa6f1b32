"""The operator gives a card payment back from the client's page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import redis.asyncio
from playwright.async_api import Browser, expect

from signaling.money.cards.stripe_cards import CardSettings
from tests.admin_web.platform import Platform, running
from tests.signaling.money.cards.stripe_stand_in import (
    API_KEY,
    WEBHOOK_SECRET,
    StripeStandIn,
    signed,
)


@pytest.fixture
async def stripe() -> AsyncIterator[StripeStandIn]:
    stand_in = StripeStandIn()
    await stand_in.server.start_server()
    yield stand_in
    await stand_in.server.close()


@pytest.fixture
async def shop(redis_client: redis.asyncio.Redis, stripe: StripeStandIn) -> AsyncIterator[Platform]:
    """A platform that takes cards."""
    cards = CardSettings(API_KEY, WEBHOOK_SECRET, api_base=stripe.url)
    async with running(redis_client, cards=cards) as platform:
        yield platform
        assert platform.parts.cards is not None
        await platform.parts.cards.close()


async def test_a_part_of_a_payment_goes_back_and_never_more_than_is_left(
    shop: Platform, stripe: StripeStandIn, browser: Browser
) -> None:
    operator = await shop.person("Olga", "operator")
    client = await shop.person("Carla", "client")
    assert shop.parts.cards is not None
    await shop.parts.cards.checkout(client, 20_000_000, "k1")
    [session] = stripe.sessions.values()
    body, headers = signed(stripe.pay(session), WEBHOOK_SECRET)
    await shop.parts.cards.webhook(body, headers["Stripe-Signature"])
    page = await (await shop.signed_in(browser, operator)).new_page()
    await page.goto(f"/admin/users/{client.id}")
    await page.get_by_role("button", name="Refund to the card").click()
    dialog = page.get_by_role("dialog", name="Refund to the card")
    await expect(dialog.get_by_label("Amount")).to_have_value("20.00")
    await dialog.get_by_label("Amount").fill("20.01")
    await dialog.get_by_role("button", name="Refund").click()
    await expect(dialog.locator("#refund-amount-error")).to_contain_text("20.00 is left")
    await dialog.get_by_label("Amount").fill("7,50")
    await dialog.get_by_role("button", name="Refund").click()
    await expect(page.get_by_role("status").first).to_contain_text("back to the card")
    row = page.get_by_role("row").filter(has=page.locator("[data-refund]"))
    await expect(row).to_contain_text("$12.50")
    [made] = stripe.refunds.values()
    assert made["amount"] == 750
    assert (await shop.parts.books.wallets.of(client.id)).available_micros == 12_500_000
