"""What the operator sees and changes."""

from __future__ import annotations

import asyncio

import pytest

from tests.signaling.conftest import Reporter, Site
from tests.signaling.people import Person, Refused


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


async def test_new_rules_hold_for_later_calls(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    pricing = (await olga.api("GET", "/admin/pricing"))["pricing"]
    assert pricing["low_balance_s"] == [300, 120, 30]
    changed = pricing | {"commission_bps": 2500, "threshold_s": 30, "price_floor": "0.10"}
    after = (await olga.api("PUT", "/admin/pricing", changed))["pricing"]
    assert after == changed | {"version": pricing["version"] + 1}
    bob, slug = await site.provider()
    public = (await bob.api("GET", f"/public/services/{slug}"))["service"]
    assert public["threshold_s"] == 30


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"commission_bps": 10_001}, "commission_bps"),
        ({"threshold_s": -1}, "threshold_s"),
        ({"threshold_mode": "none"}, "threshold_mode"),
        ({"increments": [0, 1]}, "increments.0"),
        ({"increments": [1]}, "increments.1"),
        ({"price_floor": "5", "price_cap": "4"}, "price_floor"),
        ({"price_cap": "999999999"}, "price_cap"),
        ({"ring_s": 1}, "ring_s"),
        ({"low_balance_s": [0]}, "low_balance_s.0"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(
    site: Site, change: dict[str, object], field: str
) -> None:
    olga = await site.person("olga", "operator", connected=False)
    pricing = (await olga.api("GET", "/admin/pricing"))["pricing"]
    with pytest.raises(Refused) as refused:
        await olga.api("PUT", "/admin/pricing", pricing | change)
    assert list(refused.value.fields or {}) == [field]
    assert (await olga.api("GET", "/admin/pricing"))["pricing"] == pricing


async def test_a_second_operator_does_not_undo_the_first_unseen(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    otto = await site.person("otto", "operator", connected=False)
    seen = (await olga.api("GET", "/admin/pricing"))["pricing"]
    first = (await olga.api("PUT", "/admin/pricing", seen | {"commission_bps": 900}))["pricing"]
    with pytest.raises(Refused) as refused:
        await otto.api("PUT", "/admin/pricing", seen | {"threshold_s": 10})
    assert (refused.value.code, refused.value.status) == ("conflict", 409)
    assert refused.value.answer["pricing"] == first, "what is in force comes with the refusal"
    assert (await otto.api("GET", "/admin/pricing"))["pricing"] == first
    both = (await otto.api("PUT", "/admin/pricing", first | {"threshold_s": 10}))["pricing"]
    assert both == first | {"threshold_s": 10, "version": first["version"] + 1}
    with pytest.raises(Refused) as refused:
        await otto.api("PUT", "/admin/pricing", {k: v for k, v in both.items() if k != "version"})
    assert list(refused.value.fields or {}) == ["version"]


async def test_of_rules_saved_at_once_each_is_seen_or_refused(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    seen = (await olga.api("GET", "/admin/pricing"))["pricing"]

    async def save(threshold_s: int) -> str:
        try:
            await olga.api("PUT", "/admin/pricing", seen | {"threshold_s": threshold_s})
        except Refused as refused:
            return str(refused.code)
        return "saved"

    answers = await asyncio.gather(*(save(at) for at in range(8)))
    assert sorted(answers) == ["conflict"] * 7 + ["saved"]


async def test_rules_sent_again_after_a_lost_answer_are_no_conflict(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    seen = (await olga.api("GET", "/admin/pricing"))["pricing"]
    changed = seen | {"threshold_s": 30}
    saved = [await olga.api("PUT", "/admin/pricing", changed) for _ in range(2)]
    assert saved[0] == saved[1]


async def test_the_live_view_shows_calls_with_both_lines(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await bob.ask("call.accept", call=call_id)
    await reporter.adopt(call_id)
    await reporter.tell(call_id, 65)
    olga = await site.person("olga", "operator")
    await olga.ask("live.watch", on=True)
    snapshot = await olga.event("live.snapshot", lambda e: e["calls"][0]["state"] == "live")
    [call] = snapshot["calls"]
    assert (call["client"]["name"], call["provider"]["name"]) == ("ann", "bob")
    assert call["meter"]["charged_micros"] == 650_000
    assert call["media"]["client"]["bitrate_in_bps"] == 900_000
    [relay] = snapshot["relays"]
    assert (relay["id"], relay["alive"]) == ("r1", True)
    with pytest.raises(Refused):
        await ann.ask("live.watch", on=True)


async def test_the_audit_is_clean(site: Site) -> None:
    olga = await site.person("olga", "operator", connected=False)
    report = await olga.api("GET", "/admin/audit")
    assert (report["ok"], report["problems"]) == (True, [])
    assert report["checked"]["partitions"] == 8


async def test_history_comes_in_pages(site: Site, reporter: Reporter) -> None:
    bob, slug = await site.provider()
    ann = await site.client()
    for _ in range(3):
        call_id = await site.ring(ann, slug)
        await ann.ask("call.cancel", call=call_id)
        await ann.receipt()
        await site.parts.calls.idle()
    calls = (await ann.api("GET", "/calls"))["calls"]
    assert len(calls) == 3
    assert [c["created_at_ms"] for c in calls] == sorted(
        (c["created_at_ms"] for c in calls), reverse=True
    )
    older = (await ann.api("GET", f"/calls?before={calls[0]['created_at_ms']}"))["calls"]
    assert older == calls[1:]
    assert len((await bob.api("GET", "/calls"))["calls"]) == 3
    with pytest.raises(Refused):
        await ann.api("GET", "/calls?before=yesterday")
