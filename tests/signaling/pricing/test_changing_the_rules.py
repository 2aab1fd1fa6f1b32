"""The operator changes the rules for later calls."""

from __future__ import annotations

import asyncio

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Site


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
