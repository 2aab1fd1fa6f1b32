"""Earnings are asked for and paid out; a problem is reported, and decided with a refund."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from signaling.kernel.http.identity import User
from tests.admin_web.platform import Platform

CHARGED = 3_000_000  # 300 s at 0.60 a minute
EARNED = 2_550_000


class Town:
    """A client, a provider and the operator, and a paid call of five minutes."""

    def __init__(self, platform: Platform, browser: Browser) -> None:
        self.platform = platform
        self.browser = browser

    async def open(self) -> Town:
        self.client = await self.platform.person("Carla", "client")
        self.provider = await self.platform.person("Petra", "provider")
        self.operator = await self.platform.person("Olga", "operator")
        await self.platform.give(self.client, 25_000_000)
        slug = await self.platform.service(self.provider)
        await self.platform.on_duty(self.provider)
        self.call = await self.platform.talk(self.client, slug, 300)
        return self

    async def page(self, user: User, path: str) -> Page:
        page = await (await self.platform.signed_in(self.browser, user)).new_page()
        await page.goto(path)
        return page

    async def balance(self) -> int:
        return (await self.platform.parts.books.wallets.of(self.client.id)).available_micros


@pytest.fixture
async def town(platform: Platform, browser: Browser) -> Town:
    return await Town(platform, browser).open()


async def test_a_payout_is_asked_for_paid_and_seen_as_paid(town: Town) -> None:
    page = await town.page(town.provider, "/earnings")
    await expect(page.get_by_test_id("available")).to_have_text("$0.00")
    await expect(page.get_by_role("button", name="Request a payout")).to_be_disabled()
    await expect(page.get_by_text("is pending for 7 days")).to_be_visible()
    await town.platform.window_over()
    await page.reload()
    await page.get_by_role("button", name="Request a payout").press("Enter")
    dialog = page.get_by_role("dialog", name="Request a payout")
    amount = dialog.get_by_label("Amount")
    await expect(amount).to_be_focused()
    await expect(amount).to_have_value("2.55")
    await amount.fill("99")
    await page.keyboard.press("Enter")
    await expect(dialog.locator("#payout-amount-error")).to_contain_text("2.55 USD at most")
    await amount.fill("2,5")
    await dialog.get_by_label("Where to pay it").fill("IBAN DE02 1203 0000 0000 2020 51")
    await dialog.get_by_role("button", name="Request").click()
    await expect(page.get_by_role("status").first).to_contain_text("Requested: $2.50.")
    row = page.get_by_role("row", name=re.compile("IBAN DE02")).first  # then the statement's
    await expect(row).to_contain_text("Waiting for the operator")
    await expect(page.get_by_test_id("available")).to_have_text("$0.05")

    office = await town.page(town.operator, "/admin/payouts?state=requested")
    await office.get_by_role("button", name=re.compile("Mark as paid.*Petra")).click()
    paying = office.get_by_role("dialog", name="Paid $2.50 to Petra?")
    await paying.get_by_role("button", name="Mark as paid").click()
    await expect(paying.locator("#reference-error")).to_have_text("Please fill this in.")
    await paying.get_by_label("Reference of the transfer").fill("SEPA 7")
    await office.keyboard.press("Enter")
    await expect(office.get_by_role("heading", name="No payouts")).to_be_visible()
    trail = office.get_by_role("listitem").filter(has_text="SEPA 7")
    await expect(trail).to_contain_text("Olga paid a payout")
    await page.reload()
    await expect(row).to_contain_text("SEPA 7")
    earnings = await town.platform.parts.books.earnings.of(town.provider.id)
    assert (earnings.paid_out_micros, earnings.available_micros) == (2_500_000, 50_000)


async def test_a_rejected_payout_is_available_again_with_the_reason(town: Town) -> None:
    await town.platform.window_over()
    parts = town.platform.parts
    await parts.books.payouts.request(town.provider.id, EARNED, key="k", note="PayMe", now_ms=1)
    office = await town.page(town.operator, "/admin/payouts")
    await office.get_by_role("button", name=re.compile("Reject.*Petra")).click()
    dialog = office.get_by_role("dialog", name="Reject $2.55 of Petra?")
    await dialog.get_by_label("Reason").fill("We know no PayMe")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(office.get_by_role("status").first).to_contain_text("Rejected: $2.55 of Petra.")
    page = await town.page(town.provider, "/earnings")
    await expect(page.get_by_test_id("available")).to_have_text("$2.55")
    await expect(page.get_by_role("row", name=re.compile("PayMe")).first).to_contain_text(
        "We know no PayMe"
    )


async def test_a_reported_problem_ends_with_a_refund_that_both_see(town: Town) -> None:
    page = await town.page(town.client, f"/calls/{town.call}")
    await page.get_by_role("button", name="Report a problem").click()
    dialog = page.get_by_role("dialog", name="Report a problem")
    await dialog.get_by_label("What was wrong?").fill("Bad")
    await dialog.get_by_role("button", name="Send the report").click()
    await expect(dialog.locator("#reason-error")).to_contain_text("at least 10")
    await dialog.get_by_label("What was wrong?").fill("The sound was gone half of the time.")
    await dialog.get_by_role("button", name="Send the report").click()
    report = page.get_by_role("region", name="Reported problem")
    await expect(report).to_contain_text("The operator looks at it")
    await expect(page.get_by_role("button", name="Report a problem")).to_be_hidden()

    office = await town.page(town.operator, "/admin/disputes")
    await expect(office.get_by_text("The sound was gone half of the time.")).to_be_visible()
    await office.get_by_role("link", name=re.compile("Look at the call and decide.*Carla")).click()
    await office.get_by_role("button", name="Refund and close").click()
    deciding = office.get_by_role("dialog", name="Refund and close the report")
    await expect(deciding.get_by_label("Amount")).to_have_value("3.00")
    await deciding.get_by_label("Answer").fill("You are right.")
    for typed, said in (("3.01", "3.00 USD is left"), ("0", "Write how much")):
        await deciding.get_by_label("Amount").fill(typed)
        await deciding.get_by_role("button", name="Refund and close").click()
        await expect(deciding.locator("#decide-amount-error")).to_contain_text(said)
    await deciding.get_by_label("Amount").fill("1.50")
    await deciding.get_by_role("button", name="Refund and close").click()
    await expect(office.get_by_test_id("refunded")).to_contain_text("$1.50")
    await expect(office.get_by_text("Olga refunded a call")).to_be_visible()
    assert await town.balance() == 25_000_000 - CHARGED + 1_500_000

    await page.reload()
    await expect(report).to_contain_text("You are right.")
    await expect(page.get_by_test_id("refunded")).to_contain_text("$1.50")
    await page.goto("/wallet")
    await expect(page.get_by_role("row", name=re.compile("Refund"))).to_contain_text("+$1.50")
    theirs = await town.page(town.provider, f"/calls/{town.call}")
    await expect(theirs.get_by_test_id("refunded")).to_contain_text("$1.27")
    await expect(theirs.get_by_text("The sound was gone")).to_have_count(0)


async def test_a_report_can_be_rejected_in_words(town: Town) -> None:
    words = "I did not like the answer."
    await town.platform.parts.disputes.open(town.call, words, 1)
    office = await town.page(town.operator, f"/calls/{town.call}")
    await office.get_by_role("button", name="Reject the report").click()
    dialog = office.get_by_role("dialog", name="Reject the report")
    await dialog.get_by_label("Answer").fill("Both lines were without loss.")
    await dialog.get_by_role("button", name="Reject the report").click()
    await expect(office.get_by_role("region", name="Reported problem")).to_contain_text("no refund")
    assert await town.balance() == 25_000_000 - CHARGED


async def test_the_operator_refunds_a_call_nobody_reported(town: Town) -> None:
    office = await town.page(town.operator, f"/calls/{town.call}")
    await office.get_by_role("button", name="Refund", exact=True).click()
    dialog = office.get_by_role("dialog", name="Refund this call")
    await dialog.get_by_label("Reason").fill("Our server was slow")
    await dialog.get_by_role("button", name="Refund").click()
    await expect(office.get_by_test_id("refunded")).to_contain_text("$3.00")
    await expect(office.get_by_role("button", name="Refund", exact=True)).to_be_hidden()
    assert await town.balance() == 25_000_000
