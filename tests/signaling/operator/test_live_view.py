"""What the operator sees and changes."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Reporter, Site


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
