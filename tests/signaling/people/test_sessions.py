"""How long a session lasts, whom it serves."""

from __future__ import annotations

import asyncio

from signaling.people.sessions import Sessions, digest, session_key
from tests.signaling.actors import Person
from tests.signaling.conftest import Site


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
    person = await site.stranger()
    body = {"email": "a@example.org", "password": "correct horse", "name": "A", "role": "client"}
    async with person.http.post(f"{site.url}/api/accounts", json=body) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


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
