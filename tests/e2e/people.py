"""What a provider and a client do on the site, step by step, with the page's own words."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

PASSWORD = "correct horse battery"
SLOW_MS = 90_000  # a loaded test machine, not the product
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

MEDIA_STATS = """async () => {
  const found = {};
  for (const report of (await window.tipmeet.pc.getStats()).values()) {
    if (report.type === "inbound-rtp") found[report.kind] = {
      packets: report.packetsReceived, lost: report.packetsLost,
      frames: report.framesDecoded ?? null, freezes: report.freezeCount ?? null,
      width: report.frameWidth ?? null, height: report.frameHeight ?? null,
      energy: report.totalAudioEnergy ?? null,
    };
  }
  return found;
}"""


async def sign_up(
    browser: Browser, url: str, role: str, name: str, viewport: dict[str, int] = DESKTOP
) -> tuple[BrowserContext, Page]:
    """A new person with an account, in a browser profile of their own."""
    context = await browser.new_context(viewport=viewport)  # type: ignore[arg-type]
    await context.grant_permissions(["camera", "microphone"], origin=url)
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    await page.goto(f"{url}/signup")
    await page.locator(f"input[name=role][value={role}]").check()
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Email").fill(f"{name.split(maxsplit=1)[0].lower()}@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create the account").click()
    await page.wait_for_url(lambda address: "/signup" not in address)
    return context, page


async def sign_in(browser: Browser, url: str, email: str, password: str) -> Page:
    context = await browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    await page.goto(f"{url}/signin")
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda address: "/signin" not in address)
    return page


async def write_service(page: Page, url: str, title: str, price: str) -> str:
    """Fill the editor and publish; the slug of the public page."""
    await page.goto(f"{url}/services/new")
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("Kind of activity").fill("Law")
    await page.locator("#description").fill("Questions of contract law, answered while you wait.")
    await page.locator("#qualifications").fill("Member of the bar since 2011.")
    await page.locator("#price").fill(price)
    await page.get_by_role("button", name="Create the page").click()
    await page.wait_for_url(lambda address: "/services/new" not in address)
    await page.goto(f"{url}/services")
    href = await page.locator('a[href*="/s/"]').first.get_attribute("href")
    assert href is not None
    return href.rsplit("/s/", 1)[1]


async def go_on_duty(page: Page, url: str) -> None:
    await page.goto(f"{url}/console")
    switch = page.get_by_test_id("duty-switch")
    await expect(switch).to_be_enabled()
    await switch.check()


async def credit(operator: Page, email: str, amount: str) -> None:
    """The operator gives a client money, through the API its own page uses."""
    answer: dict[str, Any] = await operator.evaluate(
        """async ([email, amount]) => {
          const found = await (await fetch(`/api/admin/users?query=${email}`)).json();
          const answer = await fetch(`/api/admin/users/${found.users[0].id}/credit`, {
            method: "POST",
            headers: {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()},
            body: JSON.stringify({amount, note: "test"}),
          });
          return {status: answer.status, body: await answer.json()};
        }""",
        [email, amount],
    )
    assert answer["status"] == 200, answer


async def set_threshold(operator: Page, threshold_s: int) -> None:
    """The operator sets how much of a call is free, as the pricing page does."""
    status = await operator.evaluate(
        """async (threshold_s) => {
          const { pricing } = await (await fetch("/api/admin/pricing")).json();
          const body = JSON.stringify({ ...pricing, threshold_s });
          const headers = { "Content-Type": "application/json" };
          return (await fetch("/api/admin/pricing", { method: "PUT", headers, body })).status;
        }""",
        threshold_s,
    )
    assert status == 200


async def press_call(page: Page, url: str, slug: str) -> None:
    """From the public page through the lobby to ringing."""
    await page.goto(f"{url}/s/{slug}")
    await page.locator(f'a[href="/call/{slug}"]').first.click()
    await page.get_by_test_id("device-start").click()
    await page.get_by_test_id("consent").check()
    button = page.get_by_test_id("call-button")
    await expect(button).to_be_enabled()
    await button.click()


async def media(page: Page) -> dict[str, Any]:
    """What this side has received: {"audio": {...}, "video": {...}} from getStats."""
    stats: dict[str, Any] = await page.evaluate(MEDIA_STATS)
    return stats


async def wallet(page: Page) -> int:
    """Available micro-units of the signed-in client."""
    money: dict[str, Any] = await page.evaluate("async () => (await fetch('/api/wallet')).json()")
    return int(money["available_micros"])


async def earned(page: Page) -> int:
    """Earned micro-units of the signed-in provider."""
    money: dict[str, Any] = await page.evaluate("async () => (await fetch('/api/earnings')).json()")
    return int(money["earned_micros"])


async def receipt_of(page: Page, call_id: str) -> dict[str, Any]:
    """The call as this person may see it, with its receipt."""
    answer: dict[str, Any] = await page.evaluate(
        "async (id) => (await fetch(`/api/calls/${id}`)).json()", call_id
    )
    call: dict[str, Any] = answer["call"]
    return call
