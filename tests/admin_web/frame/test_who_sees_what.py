"""Pages are for whom they are for; everybody else is told in words, and nobody is led elsewhere."""

from __future__ import annotations

import pytest
from yarl import URL

from admin_web.frame.page import local_path
from tests.admin_web.platform import Platform

OPERATORS_PAGES = ("", "/calls", "/users", "/pricing", "/vouchers", "/audit")


async def test_who_is_not_signed_in_signs_in_and_comes_back(platform: Platform) -> None:
    for path in (
        "/wallet",
        "/calls?before=5",
        "/services/new",
        "/earnings",
        "/admin",
        "/admin/users",
    ):
        status, _text, headers = await platform.get(path)
        assert status == 302
        assert headers["Location"].startswith("/signin?next=/")
    _status, _text, headers = await platform.get("/calls?before=5")
    assert URL(headers["Location"]).query["next"] == "/calls?before=5"


async def test_the_operators_panel_is_closed_to_clients_and_providers(platform: Platform) -> None:
    client = await platform.person("Carla", "client")
    provider = await platform.person("Petra", "provider")
    for path in OPERATORS_PAGES:
        for person in (client, provider):
            status, text, _headers = await platform.get(f"/admin{path}", person)
            assert status == 403
            assert "Not for this account" in text


async def test_the_operator_sees_every_page_of_the_panel(platform: Platform) -> None:
    operator = await platform.person("Olga", "operator")
    for path in OPERATORS_PAGES:
        status, _text, _headers = await platform.get(f"/admin{path}", operator)
        assert status == 200


async def test_a_receipt_is_for_its_parties_and_the_operator(platform: Platform) -> None:
    client = await platform.person("Carla", "client")
    provider = await platform.person("Petra", "provider")
    stranger = await platform.person("Sam", "client")
    operator = await platform.person("Olga", "operator")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    await platform.on_duty(provider)
    call_id = await platform.talk(client, slug, 75)
    for person, status in ((client, 200), (provider, 200), (operator, 200), (stranger, 404)):
        assert (await platform.get(f"/calls/{call_id}", person))[0] == status
    _status, clients_copy, _headers = await platform.get(f"/calls/{call_id}", client)
    assert "$0.60 × 75 ÷ 60" in clients_copy
    assert "$25.00 − $0.75" in clients_copy
    assert "Commission" not in clients_copy
    _status, providers_copy, _headers = await platform.get(f"/calls/{call_id}", provider)
    assert "$0.75 × 15%" in providers_copy
    assert "$0.75 − $0.1125" in providers_copy
    assert "Balance after the call" not in providers_copy


async def test_anothers_service_cannot_be_opened_in_the_editor(platform: Platform) -> None:
    owner = await platform.person("Petra", "provider")
    other = await platform.person("Oskar", "provider")
    await platform.service(owner)
    [service] = await platform.parts.services.of_provider(owner.id)
    assert (await platform.get(f"/services/{service.id}", owner))[0] == 200
    status, text, _headers = await platform.get(f"/services/{service.id}", other)
    assert status == 404
    assert "This service does not exist." in text


async def test_an_unknown_address_is_answered_in_words(platform: Platform) -> None:
    for path in ("/nowhere", "/s/no-such-service", "/calls/xyz"):
        user = await platform.person(f"C{len(path)}", "client")
        status, text, headers = await platform.get(path, user)
        assert status == 404
        assert headers["Content-Type"].startswith("text/html")
        assert "does not exist" in text
        assert "To the start page" in text


async def test_every_answer_carries_the_security_policy(platform: Platform) -> None:
    for path in ("/", "/signin", "/nowhere", "/static/frame/ui.css", "/api/session", "/wallet"):
        _status, _text, headers = await platform.get(path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
    _status, _text, headers = await platform.get("/")
    assert headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\nx", "wallet", ""]
)
async def test_nobody_is_sent_to_another_site_after_signing_in(elsewhere: str) -> None:
    assert local_path(elsewhere) == ""
    assert local_path("/s/tax?x=1") == "/s/tax?x=1"


async def test_a_failure_on_our_side_is_a_page_in_words(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_arguments: object) -> None:
        raise ConnectionError("the store is away")

    client = await platform.person("Carla", "client")
    monkeypatch.setattr(platform.parts.services, "published", away)
    status, text, headers = await platform.get("/", client)
    assert status == 500
    assert "Something went wrong" in text
    assert "store is away" not in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    # Even when it fails before anybody knows who asks.
    monkeypatch.setattr(platform.parts.sessions, "user_id", away)
    status, text, _headers = await platform.get("/wallet", client)
    assert status == 500
    assert "Something went wrong" in text
