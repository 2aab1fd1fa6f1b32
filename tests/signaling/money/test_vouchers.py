"""The operator makes vouchers, clients redeem them."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Site


async def test_vouchers_credit_once_and_are_shown_once(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    ann = await site.person("ann", "client", connected=False)
    cid = await site.person("cid", "client", connected=False)
    body = {"amount": "5.00", "count": 3, "expires_on": "2099-12-31", "note": "spring"}
    codes = (await olga.api("POST", "/admin/vouchers", body, Idempotency_Key="v"))["codes"]
    assert len(set(codes)) == 3
    for _ in range(2):  # sent twice, as after a lost answer
        wallet = await ann.api(
            "POST", "/wallet/vouchers", {"code": codes[0]}, Idempotency_Key="one"
        )
        assert wallet["available_micros"] == 5_000_000
    with pytest.raises(Refused) as refused:
        await cid.api("POST", "/wallet/vouchers", {"code": codes[0]}, Idempotency_Key="two")
    assert refused.value.code == "voucher_spent"
    assert list(refused.value.fields or {}) == ["code"]
    listed = (await olga.api("GET", "/admin/vouchers"))["vouchers"]
    assert sorted(voucher["used"] for voucher in listed) == [0, 0, 1]
    assert not any(code in str(listed) for code in codes)


async def test_a_batch_whose_answer_was_lost_is_shown_again_and_not_made_twice(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    otto = await site.person("otto", "operator", connected=False)
    ann = await site.person("ann", "client", connected=False)
    body = {"amount": "5.00", "count": 2, "note": "spring"}

    async def made(by: Person, key: str, **changes: object) -> list[str]:
        answer = await by.api("POST", "/admin/vouchers", body | changes, Idempotency_Key=key)
        return list(answer["codes"])

    first = await made(olga, "one")
    await ann.api("POST", "/wallet/vouchers", {"code": first[0]}, Idempotency_Key="r")
    site.clock.advance(60)
    assert await made(olga, "one") == first
    listed = (await olga.api("GET", "/admin/vouchers"))["vouchers"]
    assert sorted(voucher["used"] for voucher in listed) == [0, 1], "a used one stays used"
    for change in ({"amount": "6.00"}, {"count": 3}, {"note": "autumn"}):
        with pytest.raises(Refused) as refused:
            await made(olga, "one", **change)
        assert (refused.value.code, refused.value.status) == ("duplicate_key", 409)
    others = {*await made(olga, "two"), *await made(otto, "one")}
    assert len(others | set(first)) == 6
    with pytest.raises(Refused) as refused:
        await olga.api("POST", "/admin/vouchers", body)
    assert refused.value.code == "bad_request"


async def test_a_voucher_needs_a_key_and_guessing_codes_is_stopped(site: Site) -> None:
    ann = await site.person("ann", "client", connected=False)
    with pytest.raises(Refused) as refused:
        await ann.api("POST", "/wallet/vouchers", {"code": "AAAA-BBBB-CCCC-DDDD"})
    assert refused.value.code == "bad_request"
    codes = []
    for n in range(21):
        with pytest.raises(Refused) as refused:
            await ann.api(
                "POST", "/wallet/vouchers", {"code": f"AAAA-{n}"}, Idempotency_Key=f"k{n}"
            )
        codes.append(refused.value.code)
    assert codes == ["voucher_unknown"] * 20 + ["too_many_requests"]


async def test_yesterday_is_too_late_to_expire(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    for day in ("2020-01-01", "9999-12-31T00:00", "soon"):
        body = {"amount": "5", "count": 1, "expires_on": day}
        with pytest.raises(Refused) as refused:
            await olga.api("POST", "/admin/vouchers", body, Idempotency_Key="v")
        assert list(refused.value.fields or {}) == ["expires_on"]
