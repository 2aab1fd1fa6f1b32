"""What another site's page sends with our user's cookie."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Site


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
    person = await site.stranger()
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
    async with (await site.stranger()).http.get(url, headers=_upgrade(None)) as answer:
        assert answer.status == 401


def _upgrade(origin: str | None) -> dict[str, str]:
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    return headers | ({"Origin": origin} if origin else {})
