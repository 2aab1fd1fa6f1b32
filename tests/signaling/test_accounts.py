"""Signing up, in and out."""

from __future__ import annotations

import asyncio

import pytest

from signaling.people.sessions import Sessions, digest, session_key
from tests.signaling.conftest import Site
from tests.signaling.people import Person, Refused


async def stranger(site: Site) -> Person:
    return await site.stack.enter_async_context(Person(site.url))


async def refused(person: Person, method: str, path: str, body: object = None) -> Refused:
    with pytest.raises(Refused) as caught:
        await person.api(method, path, body)
    return caught.value


async def test_a_new_account_is_signed_in_at_once_and_can_leave_and_return(site: Site) -> None:
    ann = await site.person("ann", "client", connected=False)
    user = (await ann.api("GET", "/session"))["user"]
    assert (user["name"], user["role"], user["email"]) == ("ann", "client", "ann@example.org")
    await ann.api("DELETE", "/session")
    assert (await refused(ann, "GET", "/session")).code == "not_signed_in"
    body = {"email": " ANN@Example.org ", "password": "correct horse"}
    assert (await ann.api("POST", "/session", body))["user"]["id"] == user["id"]


async def test_an_email_has_one_account(site: Site) -> None:
    await site.person("ann", "client", connected=False)
    other = await stranger(site)
    body = {"email": "Ann@example.org", "password": "another one", "name": "A", "role": "client"}
    error = await refused(other, "POST", "/accounts", body)
    assert (error.code, error.status) == ("email_taken", 409)
    assert "email" in (error.fields or {})


async def test_wrong_passwords_and_unknown_emails_are_refused_alike(site: Site) -> None:
    await site.person("ann", "client", connected=False)
    eve = await stranger(site)
    wrong = await refused(eve, "POST", "/session", {"email": "ann@example.org", "password": "x"})
    unknown = await refused(eve, "POST", "/session", {"email": "no@example.org", "password": "x"})
    assert (wrong.code, wrong.status, str(wrong)) == (unknown.code, 401, str(unknown))


async def test_guessing_passwords_is_stopped(site: Site) -> None:
    await site.person("ann", "client", connected=False)
    eve = await stranger(site)
    body = {"email": "ann@example.org", "password": "guess"}
    codes = [(await refused(eve, "POST", "/session", body)).code for _ in range(11)]
    assert codes == ["wrong_credentials"] * 10 + ["too_many_requests"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\u0007b"}, "name"),
        ({"role": "operator"}, "role"),
        ({"role": None}, "role"),
        ({"email": 7}, "email"),
        ({"admin": True}, "admin"),
    ],
)
async def test_what_is_wrong_with_a_form_is_said_beside_the_field(
    site: Site, change: dict[str, object], field: str
) -> None:
    body = {"email": "a@example.org", "password": "correct horse", "name": "A", "role": "client"}
    error = await refused(await stranger(site), "POST", "/accounts", body | change)
    assert error.status == 422
    assert list(error.fields or {}) == [field]


async def test_operators_are_made_by_the_command_line_only(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    assert (await olga.api("GET", "/session"))["user"]["role"] == "operator"


async def test_a_session_that_was_planted_before_the_sign_in_is_worth_nothing(site: Site) -> None:
    ann = await site.person("ann", "client", connected=False)
    [before] = [cookie.value for cookie in ann.http.cookie_jar]
    body = {"email": "ann@example.org", "password": "correct horse"}
    await ann.api("POST", "/session", body)
    assert await site.parts.sessions.user_id(before) is None


async def test_a_session_in_use_lasts_and_a_forgotten_one_ends(site: Site) -> None:
    sessions = Sessions(site.parts.redis, ttl_s=100)
    token = await sessions.create("ann")
    key = session_key(digest(token))
    await site.parts.redis.expire(key, 60)
    assert await sessions.user_id(token) == "ann"
    assert await site.parts.redis.ttl(key) <= 60  # more than half is left
    await site.parts.redis.expire(key, 40)
    assert await sessions.user_id(token) == "ann"
    assert await site.parts.redis.ttl(key) > 60
    await site.parts.redis.pexpire(key, 0)
    assert await sessions.user_id(token) is None


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    person = await stranger(site)
    body = {"email": "a@example.org", "password": "correct horse", "name": "A", "role": "client"}
    async with person.http.post(f"{site.url}/api/accounts", json=body) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("client", "/earnings"),
        ("client", "/services"),
        ("client", "/admin/users"),
        ("provider", "/wallet"),
        ("provider", "/admin/pricing"),
        ("guest", "/wallet"),
        ("operator", "/wallet"),
    ],
)
async def test_each_role_keeps_to_its_own(site: Site, role: str, path: str) -> None:
    person = await site.person("pat", role, connected=False)
    assert (await refused(person, "GET", path)).code == "forbidden"


async def test_others_sites_cannot_act_with_our_users_cookie(site: Site) -> None:
    ann = await site.person("ann", "client", connected=False)
    for header in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://tipmeet.test.evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        with pytest.raises(Refused) as caught:
            await ann.api("DELETE", "/session", **header)
        assert (caught.value.code, caught.value.status) == ("foreign_origin", 403)
    assert await ann.api("GET", "/session", Origin="https://evil.example")
    await ann.api("DELETE", "/session", Origin="http://tipmeet.test")


async def test_forms_of_other_sites_cannot_be_mistaken_for_requests(site: Site) -> None:
    person = await stranger(site)
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        async with person.http.post(
            f"{site.url}/api/session",
            data=b'{"email": "a@example.org", "password": "x"}',
            headers={"Content-Type": content_type},
        ) as answer:
            assert answer.status == 415
            assert (await answer.json(content_type=None))["code"] == "unsupported_media_type"


async def test_another_site_cannot_open_a_socket(site: Site) -> None:
    ann = await site.person("ann", "client", connected=False)
    url = f"{site.url}/ws"
    async with ann.http.get(url, headers=_upgrade("https://evil.example")) as answer:
        assert answer.status == 403
    async with (await stranger(site)).http.get(url, headers=_upgrade(None)) as answer:
        assert answer.status == 401


async def test_signing_out_closes_the_sockets_of_the_session_wherever_they_are(
    site: Site, other_site: Site
) -> None:
    ann = await site.person("ann", "client")
    elsewhere = await other_site.again(ann)
    phone = await site.stack.enter_async_context(Person(site.url))
    body = {"email": "ann@example.org", "password": "correct horse"}
    phone.user = (await phone.api("POST", "/session", body))["user"]
    await phone.connect()
    await ann.api("DELETE", "/session")
    await asyncio.wait_for(elsewhere.closed(), 10)
    await asyncio.wait_for(ann.closed(), 10)
    assert (await phone.ask("ping"))["type"] == "ok"


def _upgrade(origin: str | None) -> dict[str, str]:
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    return headers | ({"Origin": origin} if origin else {})
