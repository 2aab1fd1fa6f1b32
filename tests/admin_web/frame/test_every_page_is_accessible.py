"""axe-core finds nothing on any page, on a phone in light and on a desktop in dark."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize

from signaling.kernel.http.identity import User
from tests.admin_web.platform import Platform

REFLOW, TABLET = 320, 768  # px; 320 is a 1280 px window zoomed to 400 %
PHONE: ViewportSize = {"width": 360, "height": 800}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
RULES_OF_LOOKS: dict[str, object] = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}
}
ALL_RULES: dict[str, object] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}
# Only what is wrong crosses to the test: the full results are megabytes.
RUN = """async (rules) => {
  const { violations } = await axe.run(document, { ...rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id} ${node.target} ${node.failureSummary}`));
}"""


@dataclass
class World:
    people: dict[str, User | None]
    pages: list[tuple[str, str]]  # whose, path


async def populate(platform: Platform) -> World:
    """Somebody of each kind, with something to show on every page."""
    client = await platform.person("Carla", "client")
    poor = await platform.person("Paul", "client")
    provider = await platform.person("Petra", "provider")
    beginner = await platform.person("Bea", "provider")
    operator = await platform.person("Olga", "operator")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    free = await platform.service(provider, "Free hour", "0")
    await platform.on_duty(provider)
    settled = await platform.talk(client, slug, 75)
    reported = await platform.talk(client, slug, 300)
    decided = await platform.talk(client, slug, 300)
    for call in (reported, decided):
        await platform.parts.decisions.report(client, call, "The sound was gone half of the time.")
    await platform.parts.decisions.decide(operator, decided, 1_000_000, "You are right.")
    await platform.window_over()
    asked = [
        await platform.parts.payouts.request(provider, 500_000, "IBAN DE02", str(number))
        for number in range(3)
    ]
    await platform.parts.payouts.settle(operator, asked[0].id, "paid", "SEPA 7")
    await platform.parts.payouts.settle(operator, asked[1].id, "rejected", "No such account")
    ringing = await platform.ring(client, slug)
    await platform.parts.books.vouchers.create(
        5_000_000, 2, expires_at_ms=None, note="Fair", created_by=operator.id, now_ms=1
    )
    [service, _free] = await platform.parts.services.of_provider(provider.id)
    public = ["/", "/?query=nothing+like+it", f"/s/{slug}", f"/s/{free}", "/no/page"]
    pages = [("nobody", path) for path in [*public, "/signin", "/signup"]]
    calls = ["/calls", *(f"/calls/{each}" for each in (settled, reported, decided, ringing))]
    wallet = ["/wallet", "/wallet?from=2020-01-01&to=2020-01-31", "/wallet?from=soon"]
    pages += [("client", path) for path in [f"/s/{slug}", f"/call/{slug}", *wallet, *calls]]
    pages += [("poor", path) for path in [f"/s/{slug}", "/wallet", "/calls", "/admin"]]
    edit = ["/services", "/services/new", f"/services/{service.id}", "/earnings"]
    pages += [("provider", path) for path in [f"/s/{slug}", "/console", *edit, *calls]]
    pages += [("beginner", path) for path in ["/services", "/earnings", "/calls"]]
    panel = ["", "/calls", "/users", "/users?query=zz", "/pricing", "/vouchers", "/audit"]
    panel += [f"/users/{user.id}" for user in (client, poor, provider, beginner, operator)]
    panel += ["/payouts", "/payouts?state=rejected", "/accounts/platform", "/accounts/external"]
    panel += ["/disputes", "/disputes?state=decided"]
    pages += [("operator", f"/admin{path}") for path in panel]
    pages += [("operator", path) for path in calls[1:]]
    people = {
        "nobody": None,
        "client": client,
        "poor": poor,
        "provider": provider,
        "beginner": beginner,
        "operator": operator,
    }
    return World(people, pages)


async def problems_of(page: Page, path: str) -> list[str]:
    """What is wrong with a page, each with its place."""
    said: list[str] = []
    page.once("pageerror", lambda error: said.append(f"{path}: {error}"))
    await page.set_viewport_size(PHONE)
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    answer = await page.goto(path, wait_until="load")
    if answer is None or answer.status >= 500:
        said.append(f"{path}: no page at all")
    await page.evaluate(Axe().axe_script)
    said += await violations_of(page, f"{path} on a phone", ALL_RULES)
    for width in (REFLOW, TABLET):
        await page.set_viewport_size({"width": width, "height": 800})
        said += await too_wide(page, f"{path} at {width} px")
    await page.set_viewport_size(DESKTOP)
    await page.emulate_media(color_scheme="dark")
    return said + await violations_of(page, f"{path} on a dark desktop", RULES_OF_LOOKS)


async def violations_of(page: Page, where: str, rules: dict[str, object]) -> list[str]:
    found = await page.evaluate(RUN, rules)
    return [*(f"{where}: {problem}" for problem in found), *await too_wide(page, where)]


async def too_wide(page: Page, where: str) -> list[str]:
    """WCAG 1.4.10: nobody scrolls in two directions."""
    excess = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{where}: scrolls sideways by {excess} px"] if excess > 0 else []


@pytest.mark.timeout(1200)  # some fifty pages, each looked at twice
async def test_no_page_has_a_barrier(platform: Platform, browser: Browser) -> None:
    world = await populate(platform)
    problems: list[str] = []
    for name, user in world.people.items():
        profile = await platform.signed_in(browser, user)
        page = await profile.new_page()
        blocked: list[str] = []
        page.on(
            "console",
            lambda message, seen=blocked: (
                seen.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        for path in [path for whose, path in world.pages if whose == name]:
            problems += await problems_of(page, path)
        problems += blocked
        await profile.close()
    assert not problems, "\n".join(problems)


async def test_the_check_itself_sees_a_barrier(scripts: Page) -> None:
    wide = "x" * 1000
    await scripts.set_content(f'<html lang="en"><title>x</title><input><pre>{wide}</pre></html>')
    await scripts.evaluate(Axe().axe_script)
    [label, sideways] = await violations_of(scripts, "here", ALL_RULES)
    assert label.startswith("here: label input")
    assert "scrolls sideways" in sideways
