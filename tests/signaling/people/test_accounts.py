"""Signing up, in and out."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Site


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
    other = await site.stranger()
    body = {"email": "Ann@example.org", "password": "another one", "name": "A", "role": "client"}
    error = await refused(other, "POST", "/accounts", body)
    assert (error.code, error.status) == ("email_taken", 409)
    assert "email" in (error.fields or {})


async def test_wrong_passwords_and_unknown_emails_are_refused_alike(site: Site) -> None:
    await site.person("ann", "client", connected=False)
    eve = await site.stranger()
    wrong = await refused(eve, "POST", "/session", {"email": "ann@example.org", "password": "x"})
    unknown = await refused(eve, "POST", "/session", {"email": "no@example.org", "password": "x"})
    assert (wrong.code, wrong.status, str(wrong)) == (unknown.code, 401, str(unknown))


async def test_guessing_passwords_is_stopped(site: Site) -> None:
    await site.person("ann", "client", connected=False)
    eve = await site.stranger()
    body = {"email": "ann@example.org", "password": "guess"}
    codes = [(await refused(eve, "POST", "/session", body)).code for _ in range(11)]
    assert codes == ["wrong_credentials"] * 10 + ["too_many_requests"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"email": "a..b@example.org"}, "email"),
        ({"email": "a@-example.org"}, "email"),
        ({"email": "a@example"}, "email"),
        ({"email": "a@[127.0.0.1]"}, "email"),
        ({"email": "Ann <a@example.org>"}, "email"),
        ({"email": "a" * 65 + "@example.org"}, "email"),
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
    error = await refused(await site.stranger(), "POST", "/accounts", body | change)
    assert error.status == 422
    assert list(error.fields or {}) == [field]


async def test_operators_are_made_by_the_command_line_only(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    assert (await olga.api("GET", "/session"))["user"]["role"] == "operator"


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
