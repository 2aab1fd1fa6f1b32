"""A visitor knows price, rules, hours and availability before the click."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.async_api import Browser, expect

from admin_web.public import linked_data
from tests.admin_web.platform import Platform, now


def linked(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


async def test_price_and_free_minute_stand_beside_the_call_button(
    platform: Platform, browser: Browser
) -> None:
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Carla", "client")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    await platform.on_duty(provider)
    profile = await platform.signed_in(
        browser, client, viewport={"width": 390, "height": 844}, timezone_id="America/New_York"
    )
    page = await profile.new_page()
    await page.goto(f"/s/{slug}")
    card = page.get_by_role("complementary", name="Price and call")
    await expect(card).to_contain_text("$0.60 per minute")
    await expect(card).to_contain_text(
        "60 seconds to decide: hang up in time and pay nothing. "
        "Talk on and the call is charged from the first second."
    )
    await expect(card).to_contain_text("Your balance of $25.00 is enough for 41 minutes.")
    button = card.get_by_role("link", name="Call", exact=True)
    await expect(button).to_be_in_viewport()  # on a phone, without scrolling
    await expect(page.locator("#availability")).to_have_text("On duty now")
    monday = page.get_by_role("row", name=re.compile("Monday"))
    await expect(monday).to_contain_text("14:00–24:00")
    await expect(monday).to_contain_text("08:00–18:00")
    await card.get_by_text("Price locked when you call").click()
    await expect(card).to_contain_text("Fingerprint")
    await button.click()
    await expect(page).to_have_url(re.compile(f"/call/{slug}$"))


async def test_the_call_button_appears_when_the_provider_comes_on_duty(
    platform: Platform, browser: Browser
) -> None:
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Carla", "client")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    page = await (await platform.signed_in(browser, client)).new_page()
    await page.goto(f"/s/{slug}")
    button = page.get_by_role("link", name="Call", exact=True)
    await expect(page.locator("#off-duty-note")).to_contain_text("Nobody is on duty")
    await expect(button).to_be_hidden()
    await platform.on_duty(provider)
    # What the page does by itself every ten seconds it also does when it is looked at again.
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(button).to_be_visible()
    await expect(page.locator("#announcer")).to_have_text("On duty now")


async def test_too_little_money_is_said_with_the_figures_and_the_way_out(
    platform: Platform,
) -> None:
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Paul", "client")
    slug = await platform.service(provider)
    await platform.on_duty(provider)
    _status, text, _headers = await platform.get(f"/s/{slug}", client)
    assert "A call needs at least $1.20 in your wallet; you have $0.00." in text
    assert f'href="/wallet?next=/s/{slug}"' in text
    assert f'href="/call/{slug}"' not in text


async def test_a_used_up_free_start_is_said_before_the_call(platform: Platform) -> None:
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Carla", "client")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    await platform.on_duty(provider)
    await platform.talk(client, slug, 30)
    _status, text, _headers = await platform.get(f"/s/{slug}", client)
    assert "had your time to decide with this service today" in text


async def test_visitors_are_invited_and_guests_may_call_what_is_free(platform: Platform) -> None:
    provider = await platform.person("Petra", "provider")
    paid = await platform.service(provider)
    free = await platform.service(provider, "Free hour", "0")
    await platform.on_duty(provider)
    _status, text, _headers = await platform.get(f"/s/{paid}")
    assert f'href="/signin?next=/call/{paid}"' in text
    guest = await platform.parts.accounts.create_guest("Gus")
    for visitor in (None, guest):
        _status, text, _headers = await platform.get(f"/s/{free}", visitor)
        assert "This call is free." in text
        assert f'href="/call/{free}"' in text


async def test_an_unpublished_page_is_closed(platform: Platform) -> None:
    provider = await platform.person("Petra", "provider")
    slug = await platform.service(provider)
    [service] = await platform.parts.services.of_provider(provider.id)
    assert (await platform.get(f"/s/{slug}"))[0] == 200
    await platform.parts.services.delete(provider.id, service.id)
    assert (await platform.get(f"/s/{slug}"))[0] == 404


async def test_search_engines_learn_price_and_hours(platform: Platform) -> None:
    provider = await platform.person("Petra </script><b>", "provider")
    slug = await platform.service(provider)
    _status, text, _headers = await platform.get(f"/s/{slug}")
    data = linked(text)
    assert data["provider"]["name"] == "Petra </script><b>"
    assert data["offers"]["priceSpecification"] == {
        "@type": "UnitPriceSpecification",
        "price": "0.60",
        "priceCurrency": "USD",
        "unitCode": "MIN",
    }
    assert {"opens": "14:00", "closes": "23:59"}.items() <= data["hoursAvailable"][1].items()
    assert '<meta property="og:title" content="Tax advice · Petra' in text
    assert "<b>" not in text


def test_a_long_description_is_cut_at_a_word_for_previews() -> None:
    view = {"description": "word " * 100, "kind": "Tax"}
    summary = linked_data.summary(view)
    assert len(summary) < 165
    assert summary.endswith("word …")
    assert linked_data.summary({"description": "", "kind": "Tax"}) == "Tax"


async def test_the_directory_finds_by_word_and_kind_and_says_when_it_does_not(
    platform: Platform,
) -> None:
    provider = await platform.person("Petra", "provider")
    await platform.service(provider)
    assert now(platform) > 0
    for query, found in (("?query=letter", True), ("?kind=tax", True), ("?query=zebra", False)):
        _status, text, _headers = await platform.get(f"/{query}")
        assert ("Tax advice" in text) is found
        assert ("Nothing fits this search" in text) is not found
