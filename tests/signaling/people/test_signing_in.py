"""Guessing is slow, and no guesser keeps the owner out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis.asyncio

from signaling.people.signing_in import SIGN_INS_BY_ACCOUNT, SIGN_INS_BY_ADDRESS
from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Clock, Site, start_site

RIGHT = {"email": "ann@example.org", "password": "correct horse"}
WRONG = RIGHT | {"password": "guess"}


@pytest.fixture
async def proxied(redis_client: redis.asyncio.Redis, clock: Clock) -> AsyncIterator[Site]:
    """A site behind a proxy, so that people come from many addresses."""
    async for site in start_site(redis_client, clock, trusted_proxies=frozenset({"127.0.0.1"})):
        yield site


@pytest.fixture
async def proxied_with_real_hashes(
    redis_client: redis.asyncio.Redis, clock: Clock
) -> AsyncIterator[Site]:
    """The same with hashes as costly as in the product."""
    costs = {"password_memory_kib": 65_536, "password_rounds": 3}
    proxies = frozenset({"127.0.0.1"})
    async for site in start_site(redis_client, clock, trusted_proxies=proxies, **costs):
        yield site


@pytest.fixture
async def ann(proxied: Site) -> Person:
    return await proxied.person("ann", "client", connected=False)


async def try_in(site: Site, body: dict[str, str], address: str) -> str:
    """What a sign-in from this address (behind the site's proxy) is answered."""
    person = await site.stack.enter_async_context(Person(site.url))
    try:
        await person.api("POST", "/session", body, X_Forwarded_For=address)
    except Refused as refused:
        return str(refused.code)
    return "signed in"


async def test_ten_wrong_passwords_elsewhere_do_not_lock_the_owner_out(
    proxied: Site, ann: Person
) -> None:
    answers = [await try_in(proxied, WRONG, "192.0.2.66") for _ in range(12)]
    assert answers == ["wrong_credentials"] * 10 + ["too_many_requests"] * 2
    assert await try_in(proxied, RIGHT, "198.51.100.7") == "signed in"
    assert await try_in(proxied, RIGHT, "192.0.2.66") == "too_many_requests"


async def test_a_right_password_clears_the_wrong_ones(proxied: Site, ann: Person) -> None:
    for _ in range(3):
        answers = [await try_in(proxied, WRONG, "198.51.100.7") for _ in range(9)]
        answers.append(await try_in(proxied, RIGHT, "198.51.100.7"))
        assert answers == ["wrong_credentials"] * 9 + ["signed in"]


async def test_other_spellings_of_an_address_give_no_more_guesses(
    proxied: Site, ann: Person
) -> None:
    spellings = ("ann@example.org", "ANN@Example.ORG", "ann@ｅxample.org", "ann@example。org")
    bodies = [WRONG | {"email": email} for email in spellings * 3]
    answers = [await try_in(proxied, body, "192.0.2.66") for body in bodies]
    assert answers == ["wrong_credentials"] * 10 + ["too_many_requests"] * 2
    assert await try_in(proxied, RIGHT | {"email": "Ann@ＥXAMPLE.org"}, "198.51.100.7") == (
        "signed in"
    )


async def test_guesses_sent_at_once_are_no_more_than_ten(proxied: Site, ann: Person) -> None:
    guesses = (try_in(proxied, WRONG, "192.0.2.66") for _ in range(40))
    answers = await asyncio.gather(*guesses)
    assert answers.count("wrong_credentials") == 10
    assert answers.count("too_many_requests") == 30


async def test_an_ipv6_house_is_one_address(proxied: Site, ann: Person) -> None:
    answers = [await try_in(proxied, WRONG, f"2001:db8:1:2::{at:x}") for at in range(11)]
    assert answers[-1] == "too_many_requests"
    assert await try_in(proxied, WRONG, "2001:db8:1:3::1") == "wrong_credentials"
    mapped = [await try_in(proxied, WRONG, "::ffff:192.0.2.66") for _ in range(10)]
    assert mapped == ["wrong_credentials"] * 10
    assert await try_in(proxied, WRONG, "192.0.2.66") == "too_many_requests"


async def test_guessers_at_many_addresses_are_stopped_and_the_owner_at_home_is_not(
    proxied: Site, ann: Person
) -> None:
    assert await try_in(proxied, RIGHT, "198.51.100.7") == "signed in"
    await proxied.parts.redis.set(
        "tipmeet:rate:sign-in-account:ann@example.org", SIGN_INS_BY_ACCOUNT.count, ex=60
    )
    await proxied.parts.redis.set(
        "tipmeet:rate:sign-in-address:198.51.100.7", SIGN_INS_BY_ADDRESS.count, ex=60
    )
    assert await try_in(proxied, WRONG, "192.0.2.66") == "too_many_requests"
    assert await try_in(proxied, RIGHT, "198.51.100.7") == "signed in"


async def test_an_honest_sign_in_is_quick_while_three_hundred_bogus_ones_come(
    proxied_with_real_hashes: Site,
) -> None:
    site = proxied_with_real_hashes
    await site.person("ann", "client", connected=False)
    assert await try_in(site, RIGHT, "192.0.2.66") == "signed in"
    bogus = [
        asyncio.create_task(
            try_in(site, {"email": f"{at}@example.org", "password": "guess"}, "192.0.2.66")
        )
        for at in range(300)
    ]
    await asyncio.sleep(0.2)
    try:
        for address in ("192.0.2.66", "198.51.100.7"):  # beside the guesser, and elsewhere
            assert await try_in(site, RIGHT, address) == "signed in"
        served_first = [each for each in bogus if each.done() and each.result() != "unavailable"]
        assert len(served_first) < 40, "they stood in line behind the others"
    finally:
        answers = await asyncio.gather(*bogus)
    assert set(answers) == {"wrong_credentials", "unavailable"}
    assert await try_in(site, RIGHT, "203.0.113.5") == "signed in"
