"""Lists show refunds, earnings say what is held back, inputs allow what the API allows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from signaling.kernel.http.identity import User
from signaling.pricing.api import PricingInput
from tests.admin_web.platform import Platform


class Rows(HTMLParser):
    """The text of a page, and the attributes of its inputs by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            found = dict(attrs)
            self.inputs[found.get("name") or ""] = found

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture
async def people(platform: Platform) -> tuple[User, User, User, str]:
    """A client who paid 3.00 to a provider, the operator, and the call."""
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Carla", "client")
    operator = await platform.person("Olga", "operator")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    await platform.on_duty(provider)
    return client, provider, operator, await platform.talk(client, slug, 300)


async def shown(platform: Platform, path: str, user: User) -> Rows:
    status, text, _headers = await platform.get(path, user)
    assert status == 200
    return Rows(text)


async def test_every_list_of_calls_shows_its_readers_refund(
    platform: Platform, people: tuple[User, User, User, str]
) -> None:
    client, provider, operator, call = people
    assert "refunded" not in (await shown(platform, "/calls", client)).text
    await platform.parts.decisions.report(client, call, "The sound was gone.")
    assert "Reported" in (await shown(platform, "/calls", provider)).text
    await platform.parts.decisions.decide(operator, call, 1_500_000, "You are right.")
    for path, user, amount in (
        ("/calls", client, "$1.50"),
        ("/calls", provider, "$1.28"),
        ("/admin/calls", operator, "$1.50"),
    ):
        assert f"{amount} refunded" in (await shown(platform, path, user)).text


async def test_earnings_say_what_is_held_back_and_why(
    platform: Platform, people: tuple[User, User, User, str]
) -> None:
    client, provider, operator, call = people
    assert "held back" not in (await shown(platform, "/earnings", provider)).text
    await platform.parts.decisions.report(client, call, "The sound was gone.")
    words = "$2.55 of what is pending is held back, because clients reported a problem"
    assert words in (await shown(platform, "/earnings", provider)).text
    assert (
        "share of this call stays pending"
        in (await shown(platform, f"/calls/{call}", provider)).text
    )
    person = await shown(platform, f"/admin/users/{provider.id}", operator)
    assert "$2.55 of what is pending waits for your decision" in person.text
    await platform.parts.decisions.decide(operator, call, 0, "Both lines were without loss.")
    assert "held back" not in (await shown(platform, "/earnings", provider)).text


async def test_the_pricing_page_allows_what_the_api_allows(
    platform: Platform, people: tuple[User, User, User, str]
) -> None:
    _client, _provider, operator, _call = people
    inputs = (await shown(platform, "/admin/pricing", operator)).inputs
    schema: dict[str, Any] = PricingInput.model_json_schema()["properties"]
    first, following = schema["increments"]["prefixItems"]
    limits = {"increment_initial": first, "increment_next": following}
    limits |= {name: rule for name, rule in schema.items() if rule.get("type") == "integer"}
    del limits["commission_bps"]  # written in percent, as text
    del limits["version"]  # of the rules shown; nobody types it
    for name, rule in limits.items():
        low, high = inputs[name]["min"], inputs[name]["max"]
        assert (low, high) == (str(rule["minimum"]), str(rule["maximum"])), name
    assert "required" not in inputs["low_balance_s"], "no warning at all is allowed"
