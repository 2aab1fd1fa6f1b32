"""Writing a service and finding it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.kernel.http.identity import User
from signaling.services.hours import DAYS, check_hours
from signaling.services.inputs import ServiceInput
from signaling.services.slugs import SLUG_MAX, slug_of
from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import SERVICE, Site

FULL: dict[str, Any] = SERVICE | {
    "description": "Openings and endgames.",
    "qualifications": "International master",
    "languages": ["English", "Русский"],
    "time_zone": "Europe/Berlin",
    "hours": {"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "sat": [["10:00", "24:00"]]},
    "period": "minute",
}


async def test_saving_a_service_makes_its_public_page(site: Site) -> None:
    bob = await site.person("bob", "provider")
    service = (await bob.api("POST", "/services", FULL))["service"]
    assert service["url"] == "http://tipmeet.test/s/chess-lessons"
    public = (await bob.api("GET", "/public/services/chess-lessons"))["service"]
    assert public["provider"] == {"name": "bob"}
    assert public["availability"] == "off_duty"
    assert public["hours"]["mon"] == [["09:00", "12:00"], ["13:00", "17:00"]]
    assert public["hours"]["sun"] == []
    assert (public["price_micros"], public["period_s"], public["threshold_s"]) == (600_000, 60, 60)
    await bob.ask("duty.set", on=True)
    public = (await bob.api("GET", "/public/services/chess-lessons"))["service"]
    assert public["availability"] == "on_duty"


async def test_two_services_of_one_title_have_two_addresses(site: Site) -> None:
    bob = await site.person("bob", "provider", connected=False)
    slugs = [(await bob.api("POST", "/services", FULL))["service"]["slug"] for _ in range(3)]
    assert slugs == ["chess-lessons", "chess-lessons-2", "chess-lessons-3"]


async def test_an_edit_keeps_the_address_and_only_a_new_price_is_a_new_tariff(site: Site) -> None:
    bob = await site.person("bob", "provider", connected=False)
    service = (await bob.api("POST", "/services", FULL))["service"]
    path, public = f"/services/{service['id']}", "/public/services/chess-lessons"
    first = (await bob.api("GET", public))["service"]
    await bob.api("PUT", path, FULL | {"title": "Chess for all"})
    second = (await bob.api("GET", public))["service"]
    assert (second["title"], second["tariff_hash"]) == ("Chess for all", first["tariff_hash"])
    await bob.api("PUT", path, FULL | {"price": "0.70"})
    third = (await bob.api("GET", public))["service"]
    assert third["tariff_version"] == first["tariff_version"] + 1
    assert third["tariff_hash"] != first["tariff_hash"]


async def test_a_deleted_service_is_gone_and_its_address_is_free(site: Site) -> None:
    bob = await site.person("bob", "provider", connected=False)
    service = (await bob.api("POST", "/services", FULL))["service"]
    await bob.api("DELETE", f"/services/{service['id']}")
    with pytest.raises(Refused) as refused:
        await bob.api("GET", "/public/services/chess-lessons")
    assert refused.value.status == 404
    assert (await bob.api("GET", "/services"))["services"] == []
    again = (await bob.api("POST", "/services", FULL))["service"]
    assert again["slug"] == "chess-lessons"


async def test_nobody_edits_anothers_service(site: Site) -> None:
    bob = await site.person("bob", "provider", connected=False)
    eve = await site.person("eve", "provider", connected=False)
    service = (await bob.api("POST", "/services", FULL))["service"]
    for method, body in (("GET", None), ("PUT", FULL), ("DELETE", None)):
        with pytest.raises(Refused) as refused:
            await eve.api(method, f"/services/{service['id']}", body)
        assert refused.value.status == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "ab"}, "title"),
        ({"title": "x" * 81}, "title"),
        ({"kind": "x"}, "kind"),
        ({"description": "x" * 4001}, "description"),
        ({"qualifications": "x" * 2001}, "qualifications"),
        ({"languages": ["English", ""]}, "languages.1"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"hours": {"mon": [["17:00", "09:00"]]}}, "hours"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "hours"),
        ({"hours": {"someday": []}}, "hours"),
        ({"hours": {"mon": [["9", "12"]]}}, "hours"),
        ({"hours": {"mon": "always"}}, "hours"),
        ({"hours": []}, "hours"),
        ({"price": 0.3}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "0.0000001"}, "price"),
        ({"price": "free"}, "price"),
        ({"price": "100000"}, "price"),
        ({"price": "9007199254740993"}, "price"),
        ({"period": "day"}, "period"),
        ({"published": "maybe"}, "published"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_made(
    site: Site, change: dict[str, Any], field: str
) -> None:
    bob = await site.person("bob", "provider", connected=False)
    with pytest.raises(Refused) as refused:
        await bob.api("POST", "/services", FULL | change)
    assert refused.value.status == 422
    assert list(refused.value.fields or {}) == [field]
    assert (await bob.api("GET", "/services"))["services"] == []


async def test_the_operators_floor_and_cap_are_said_in_figures(site: Site) -> None:
    bob = await site.person("bob", "provider", connected=False)
    await site.pricing(price_floor_micros=500_000, price_cap_micros=2_000_000)
    for price, period, sentence in (
        ("0.49", "minute", "The price must be at least 0.50 USD per minute on this platform."),
        ("2.01", "minute", "The price must be at most 2.00 USD per minute on this platform."),
        ("29.99", "hour", "The price must be at least 30.00 USD per hour on this platform."),
    ):
        with pytest.raises(Refused) as refused:
            await bob.api("POST", "/services", FULL | {"price": price, "period": period})
        assert refused.value.fields == {"price": sentence}
    await bob.api("POST", "/services", FULL | {"price": "0"})


async def test_floor_and_cap_hold_for_services_priced_before_them(site: Site) -> None:
    bob = await site.person("bob", "provider", connected=False)
    await bob.api("POST", "/services", FULL | {"price": "0.30"})
    await site.pricing(price_floor_micros=500_000)
    public = (await bob.api("GET", "/public/services/chess-lessons"))["service"]
    assert public["price_micros"] == 500_000


async def test_services_are_found_by_their_words(site: Site) -> None:
    bob = await site.person("bob", "provider", connected=False)
    await bob.api("POST", "/services", FULL)
    law = FULL | {"title": "Tenancy law", "kind": "Lawyer", "languages": []}
    await bob.api("POST", "/services", law)
    await bob.api("POST", "/services", FULL | {"title": "Secret", "published": False})
    anyone = await site.stack.enter_async_context(Person(site.url))

    async def found(query: str) -> list[str]:
        services = (await anyone.api("GET", f"/public/services?{query}"))["services"]
        return [service["title"] for service in services]

    assert await found("") == ["Chess lessons", "Tenancy law"]
    assert await found("query=CHESS master") == ["Chess lessons"]
    assert await found("query=русский") == ["Chess lessons"]
    assert await found("kind=lawyer") == ["Tenancy law"]
    assert await found("query=nothing") == []


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Chess lessons", "chess-lessons"),
        ("Уроки шахмат", "uroki-shakhmat"),
        ("Über-Straße & Çığ", "uber-strasse-cig"),
        ("Michał’s *Law*", "michals-law"),
        ("Ελλάδα", "ellada"),
        ("Don't panic", "dont-panic"),
        ("日本語", "ri-ben-yu"),
        ("🎲🎲", "service"),
        ("---", "service"),
    ],
)
def test_titles_of_any_script_become_plain_addresses(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@given(st.text(max_size=200))
def test_every_title_has_an_address(title: str) -> None:
    slug = slug_of(title)
    assert slug
    assert len(slug) <= SLUG_MAX
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug.strip("-") == slug


def test_hours_come_back_in_order_with_every_day() -> None:
    hours = check_hours({"mon": [("13:00", "17:00"), ("09:00", "12:00")]})
    assert list(hours) == list(DAYS)
    assert hours["mon"] == [("09:00", "12:00"), ("13:00", "17:00")]


async def test_whoever_can_be_called_is_found_before_hundreds_who_cannot(site: Site) -> None:
    """More services than the catalogue shows, and than it reads, all before this one by title."""
    draft = ServiceInput.model_validate(FULL).draft(await site.parts.pricing.get(), "USD")
    for at in range(12):
        crowd = User(f"crowd{at}", "Crowd", None, "provider", 0)
        for number in range(50):
            title = f"A {at} {number}"
            await site.parts.services.create(crowd, replace(draft, title=title))
    bob, slug = await site.provider(title="Zither lessons")
    cid, late = await site.provider("cid", title="Zoology")
    found = (await bob.api("GET", "/public/services"))["services"]
    assert len(found) == 200
    assert [service["slug"] for service in found[:2]] == [slug, late]
    assert found[2]["title"].startswith("A ")
    await cid.ask("duty.set", on=False)
    found = (await bob.api("GET", "/public/services"))["services"]
    assert [service["slug"] for service in found[:1]] == [slug]
