"""The operator gives a client money."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Site


async def test_credit_arrives_once_per_key(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    ann = await site.person("ann", "client", connected=False)
    path = f"/admin/users/{ann.user['id']}/credit"
    for _ in range(2):
        body = {"amount": "2.50", "note": "sorry"}
        answer = await olga.api("POST", path, body, Idempotency_Key="one")
        assert answer == {"available_micros": 2_500_000}
    with pytest.raises(Refused) as refused:
        await olga.api("POST", path, {"amount": "9", "note": "x"}, Idempotency_Key="one")
    assert (refused.value.code, refused.value.status) == ("duplicate_key", 409)
    [found] = (await olga.api("GET", "/admin/users?query=ANN"))["users"]
    assert (found["balance_micros"], found["email"]) == (2_500_000, "ann@example.org")
    entries = (await ann.api("GET", "/wallet"))["entries"]
    assert [entry["amount_micros"] for entry in entries] == [2_500_000]


async def test_only_clients_get_credit(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    bob = await site.person("bob", "provider", connected=False)
    body = {"amount": "1", "note": "x"}
    for user_id, code in ((bob.user["id"], "forbidden"), ("nobody", "not_found")):
        with pytest.raises(Refused) as refused:
            await olga.api("POST", f"/admin/users/{user_id}/credit", body, Idempotency_Key="k")
        assert refused.value.code == code
