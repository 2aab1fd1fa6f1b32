"""The running call in two real browsers over a real relay: what people do and what goes wrong."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.admin_web.waiting import until
from tests.e2e.conftest import OPERATOR, OPERATOR_PASSWORD, Site, children, running_site
from tipmeet.demo.visitor import Visitor

# One browser for the whole file: starting one takes longer than a test.

SLOW_MS = 90_000  # a loaded test machine, not the product
# How long a call waits for a side that reloads, or for a voucher: for the same machine.
WAITS = {"ring_s": "300", "interrupted_s": "300", "on_hold_s": "300"}
PHONE = {"width": 360, "height": 740}
PICTURE_ARRIVES = """async () => {
  const { pc } = window.tipmeet;
  if (!pc) return false;
  const count = async () => [...(await pc.getStats()).values()]
    .find((report) => report.type === "inbound-rtp" && report.kind === "video")?.framesDecoded ?? 0;
  const before = await count();
  await new Promise((resolve) => setTimeout(resolve, 300));
  return (await count()) > before;
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site where charging starts after two seconds and a call may start with little money."""
    folder = tmp_path_factory.mktemp("calls") / "var"
    with running_site(folder, threshold_s="2", min_minutes="0", **WAITS) as running:
        yield running


@pytest.fixture(scope="module")
def fragile_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same, for a test that kills parts of it."""
    folder = tmp_path_factory.mktemp("fragile") / "var"
    with running_site(
        folder, errors_expected=True, threshold_s="2", min_minutes="0", **WAITS
    ) as running:
        yield running


@dataclass
class Pair:
    """The two sides of a call, each in a browser profile of its own."""

    site: Site
    operator: Visitor
    client_id: str
    slug: str
    client_profile: BrowserContext
    client: Page
    provider: Page

    async def connect(self) -> None:
        """From the lobby to a call in which both see each other."""
        await self.client.goto(f"{self.site.url}/call/{self.slug}")
        await self.client.get_by_test_id("consent").check()
        await self.client.get_by_test_id("call-button").click()
        await self.provider.get_by_test_id("accept").click(timeout=SLOW_MS)
        for page in (self.client, self.provider):
            await picture_arrives(page)

    async def voucher(self, amount: str) -> str:
        batch = {"amount": amount, "count": 1}
        key = secrets.token_hex(8)
        made = await self.operator.api("POST", "/api/admin/vouchers", batch, key=key)
        return str(made["codes"][0])

    async def receipts(self) -> None:
        for page in (self.client, self.provider):
            await expect(page.get_by_test_id("receipt")).to_be_visible(timeout=SLOW_MS)


async def picture_arrives(page: Page) -> None:
    await until(page, PICTURE_ARRIVES)


async def accessible(page: Page) -> None:
    """axe-core finds nothing on what is shown now."""
    report = await Axe().run(page)
    assert not report.response["violations"], report.generate_report()


async def person(browser: Browser, site: Site, role: str, **options: Any) -> BrowserContext:
    """A signed-in profile."""
    profile = await browser.new_context(base_url=site.url, **options)
    profile.set_default_timeout(SLOW_MS)
    account = {
        "email": f"{secrets.token_hex(6)}@example.org",
        "password": secrets.token_urlsafe(12),
        "name": {"client": "Carla Client", "provider": "Petra Provider"}[role],
        "role": role,
    }
    answer = await profile.request.post("/api/accounts", data=account)
    assert answer.status == 201, await answer.text()
    return profile


async def open_pair(
    stack: AsyncExitStack, browser: Browser, site: Site, *, money: str, price: str
) -> Pair:
    operator = await stack.enter_async_context(Visitor(site.url))
    login = {"email": OPERATOR, "password": OPERATOR_PASSWORD}
    await operator.api("POST", "/api/session", login)
    provider_profile = await person(browser, site, "provider")
    stack.push_async_callback(provider_profile.close)
    service = {
        "title": "Short talks",
        "kind": "Law",
        "description": "",
        "qualifications": "",
        "languages": [],
        "time_zone": "UTC",
        "hours": {},
        "price": price,
        "period": "minute",
        "published": True,
    }
    made = await provider_profile.request.post("/api/services", data=service)
    slug = (await made.json())["service"]["slug"]
    client_profile = await person(browser, site, "client", viewport=PHONE)
    stack.push_async_callback(client_profile.close)
    client_id = (await (await client_profile.request.get("/api/session")).json())["user"]["id"]
    credit = {"amount": money, "note": "test"}
    path = f"/api/admin/users/{client_id}/credit"
    await operator.api("POST", path, credit, key=secrets.token_hex(8))
    provider = await provider_profile.new_page()
    await provider.goto("/console")
    await provider.get_by_test_id("duty-switch").check()
    await expect(provider.locator("#duty-badge")).to_have_text("On duty")
    client = await client_profile.new_page()
    return Pair(site, operator, client_id, slug, client_profile, client, provider)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def test_controls_work_by_hand_and_by_key_and_axe_finds_nothing(
    stack: AsyncExitStack, browser: Browser, site: Site
) -> None:
    pair = await open_pair(stack, browser, site, money="10.00", price="0.60")
    await pair.connect()
    client, provider = pair.client, pair.provider
    status = client.get_by_test_id("call-status")
    await expect(status).to_contain_text("The time to decide is over.")
    for page in (client, provider):
        await accessible(page)
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        await until(page, f"{overflow} === 0")

    await client.get_by_test_id("mic-toggle").click()
    await expect(client.get_by_test_id("mic-toggle")).to_contain_text("Unmute")
    await expect(client.get_by_test_id("call-status")).to_have_text("Muted")
    await client.keyboard.press("m")
    await expect(client.get_by_test_id("mic-toggle")).to_contain_text("Mute")

    await client.keyboard.press("v")
    await expect(client.get_by_test_id("cam-toggle")).to_contain_text("Camera on")
    sending = "window.tipmeet.pc.getSenders().map((sender) => sender.track?.kind ?? null).join()"
    await until(client, f"{sending} === 'audio,'")
    await expect(provider.get_by_text("Sound only: the other camera is off.")).to_be_visible(
        timeout=SLOW_MS
    )
    await client.get_by_test_id("cam-toggle").click()
    await expect(client.get_by_test_id("cam-toggle")).to_contain_text("Camera off")
    await picture_arrives(provider)

    await provider.get_by_test_id("share-toggle").click()
    await expect(provider.get_by_test_id("share-toggle")).to_contain_text("Stop sharing")
    await until(
        client,
        "() => { const v = document.querySelector('[data-testid=remote-video]'); "
        "return v.videoWidth / v.videoHeight > 1.5; }",
    )  # a screen, not a camera
    await provider.get_by_test_id("share-toggle").click()
    await expect(provider.get_by_test_id("share-toggle")).to_contain_text("Share")

    await client.get_by_test_id("settings").click()
    await expect(client.get_by_role("dialog", name="Settings")).to_be_visible()
    await accessible(client)
    await client.keyboard.press("m")  # not while a dialog is open
    await client.keyboard.press("Escape")
    await expect(client.get_by_test_id("mic-toggle")).to_contain_text("Mute")
    await provider.keyboard.press("Shift+H")
    await pair.receipts()
    await expect(pair.client.get_by_test_id("receipt")).to_contain_text("Petra Provider hung up.")
    await accessible(client)
    await accessible(provider)
    await provider.get_by_test_id("back-to-console").click()
    await expect(provider.locator("#duty-badge")).to_have_text("On duty")


async def test_a_reload_of_either_side_comes_back_into_the_same_call(
    stack: AsyncExitStack, browser: Browser, site: Site
) -> None:
    pair = await open_pair(stack, browser, site, money="10.00", price="0.60")
    await pair.connect()
    call = await pair.client.evaluate("window.tipmeet.call")
    for page in (pair.client, pair.provider):
        await page.reload()
        await picture_arrives(page)
        await until(page, "(call) => window.tipmeet.call === call", call)
    await picture_arrives(pair.client)
    await pair.client.get_by_test_id("hang-up").click()
    await pair.receipts()


async def test_a_second_window_takes_the_call_only_when_asked_to(
    stack: AsyncExitStack, browser: Browser, site: Site
) -> None:
    pair = await open_pair(stack, browser, site, money="10.00", price="0.60")
    await pair.connect()
    second = await pair.client_profile.new_page()
    await second.goto(f"/call/{pair.slug}")
    await expect(second.get_by_text("The call goes on in another window")).to_be_visible()
    assert await pair.client.evaluate("window.tipmeet.pc.connectionState") == "connected"
    await second.get_by_role("button", name="Continue here").click()
    await picture_arrives(second)
    await expect(pair.client.get_by_text("The call goes on in another window")).to_be_visible()
    await until(pair.client, "window.tipmeet.pc === null")
    await second.get_by_test_id("hang-up").click()
    await expect(second.get_by_test_id("receipt")).to_be_visible(timeout=SLOW_MS)


async def test_a_call_whose_money_ran_out_goes_on_after_a_voucher(
    stack: AsyncExitStack, browser: Browser, site: Site
) -> None:
    pair = await open_pair(stack, browser, site, money="0.40", price="6.00")
    code = await pair.voucher("5.00")
    await pair.connect()
    dialog = pair.client.get_by_test_id("top-up")
    await expect(dialog).to_be_visible(timeout=SLOW_MS)
    await expect(dialog).to_contain_text("The call is on hold and nothing is charged.")
    banner = pair.provider.get_by_role("heading", name="Carla Client’s balance is used up")
    await expect(banner).to_be_visible()
    await dialog.get_by_label("Voucher code").fill("WRONG-CODE")
    await dialog.get_by_role("button", name="Add to balance").click()
    await expect(dialog.locator("[aria-invalid=true], .field-error:visible").first).to_be_visible()
    await dialog.get_by_label("Voucher code").fill(code)
    await dialog.get_by_role("button", name="Add to balance").click()
    await expect(dialog).to_be_hidden()
    for page in (pair.client, pair.provider):
        await expect(page.get_by_test_id("meter-charged")).not_to_have_text(
            "$0.40", timeout=SLOW_MS
        )
        await picture_arrives(page)
    await pair.client.get_by_test_id("hang-up").click()
    await pair.receipts()


async def test_the_provider_pauses_the_clock_and_it_runs_again_when_the_client_agrees(
    stack: AsyncExitStack, browser: Browser, site: Site
) -> None:
    pair = await open_pair(stack, browser, site, money="10.00", price="0.60")
    await pair.connect()
    await pair.provider.get_by_test_id("pause").click()
    paused = pair.client.get_by_role("heading", name="Petra Provider paused the clock")
    await expect(paused).to_be_visible()
    await pair.provider.get_by_role("button", name="Let it run again").click()
    await pair.client.get_by_role("button", name="Agree, charge again").click()
    for page in (pair.client, pair.provider):
        await expect(page.locator("[data-part=banner]")).to_be_hidden()
    elapsed = pair.client.get_by_test_id("meter-elapsed")
    await expect(elapsed).not_to_have_text(await elapsed.inner_text())
    await pair.client.get_by_test_id("hang-up").click()
    await pair.receipts()


async def test_the_talk_outlives_the_web_process_and_moves_on_when_a_relay_dies(
    stack: AsyncExitStack, browser: Browser, fragile_site: Site
) -> None:
    pair = await open_pair(stack, browser, fragile_site, money="10.00", price="0.60")
    await pair.connect()
    [web] = children(fragile_site.process.pid, "web")
    os.kill(web, signal.SIGKILL)
    no_line = pair.client.get_by_role("heading", name="No line to the server")
    await expect(no_line).to_be_visible()
    await picture_arrives(pair.client)
    await expect(no_line).to_be_hidden(timeout=SLOW_MS)
    [relay] = children(fragile_site.process.pid, "relay")
    old = await pair.client.evaluate_handle("window.tipmeet.pc")
    os.kill(relay, signal.SIGKILL)
    for page in (pair.client, pair.provider):
        await until(page, "() => window.tipmeet.pc?.connectionState === 'connected'")
    await until(pair.client, "(old) => window.tipmeet.pc !== old", old)
    for page in (pair.client, pair.provider):
        await picture_arrives(page)
    await pair.client.get_by_test_id("hang-up").click()
    await pair.receipts()
