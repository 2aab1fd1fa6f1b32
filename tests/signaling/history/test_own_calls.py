"""Everybody finds their own calls again."""

from __future__ import annotations

import pytest

from tests.signaling.actors import Refused
from tests.signaling.conftest import Reporter, Site


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
