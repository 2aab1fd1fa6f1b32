"""Synthetic participants do over real sockets what browsers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from mediasrv.relay import Relay, RelayConfig
from mediasrv.synthetic import SyntheticParticipant


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    yield relay
    await relay.close()


async def _until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


async def _pair(relay: Relay, **options: bool) -> tuple[SyntheticParticipant, SyntheticParticipant]:
    client, provider = SyntheticParticipant(**options), SyntheticParticipant()
    await client.connect(relay.join("call", "client", client.offer()))
    await provider.connect(relay.join("call", "provider", provider.offer()))
    return client, provider


async def test_both_sides_decode_each_others_picture_and_sound(relay: Relay) -> None:
    pair = await _pair(relay)
    await _until(lambda: all(p.frames_decoded > 20 and p.audio_frames_decoded > 50 for p in pair))
    stats = relay.stats("call")
    for side in ("client", "provider"):
        media = stats.media[side]
        assert media is not None
        assert media.state == "flowing"
        assert media.loss_in == 0
    assert relay.proof_ms("call") > 500
    for participant in pair:
        await participant.close()


async def test_an_audio_only_side_still_sees_the_other(relay: Relay) -> None:
    client, provider = await _pair(relay, video=False)
    await _until(lambda: client.frames_decoded > 5 and provider.audio_frames_decoded > 20)
    assert provider.video_packets_received == 0
    for participant in (client, provider):
        await participant.close()


async def test_a_goodbye_is_reported_at_once(relay: Relay) -> None:
    changes: list[str] = []
    relay.on_change = changes.append
    client, provider = await _pair(relay)
    await _until(lambda: relay.stats("call").media["client"].state == "flowing")  # type: ignore[union-attr]
    changes.clear()
    await client.close()
    await _until(lambda: relay.stats("call").media["client"].state == "gone")  # type: ignore[union-attr]
    assert changes == ["call"]
    await provider.close()
