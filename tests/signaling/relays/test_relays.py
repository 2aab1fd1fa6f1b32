"""Which relay takes a call."""

from __future__ import annotations

import redis.asyncio

from signaling.relays.registry import DEAD_AFTER_MS, FORGET_AFTER_MS, RelayInfo, RelayRegistry

NOW = 1_700_000_000_000


def relay(
    name: str, *, participants: int = 0, draining: bool = False, at_ms: int = NOW
) -> RelayInfo:
    return RelayInfo(name, f"http://{name}", 0, participants, draining, at_ms)


async def test_the_least_loaded_takes_the_call(redis_client: redis.asyncio.Redis) -> None:
    registry = RelayRegistry(redis_client)
    for info in (
        relay("a", participants=4),
        relay("b", participants=2),
        relay("c", participants=3),
    ):
        await registry.announce(info)
    picked = await registry.pick(NOW)
    assert picked is not None
    assert picked.id == "b"
    other = await registry.pick(NOW, without={"b"})
    assert other is not None
    assert other.id == "c"


async def test_draining_and_silent_relays_take_none(redis_client: redis.asyncio.Redis) -> None:
    registry = RelayRegistry(redis_client)
    await registry.announce(relay("a", draining=True))
    await registry.announce(relay("b", at_ms=NOW - DEAD_AFTER_MS - 1))
    assert await registry.pick(NOW) is None
    assert list(await registry.alive(NOW)) == ["a"]
    await registry.announce(relay("b"))
    assert (await registry.pick(NOW)) == relay("b")


async def test_a_retired_relay_is_gone_and_a_dead_one_is_forgotten(
    redis_client: redis.asyncio.Redis,
) -> None:
    registry = RelayRegistry(redis_client)
    await registry.announce(relay("a"))
    await registry.retire("a")
    await registry.announce(relay("b"))
    await registry.forget_dead(NOW + FORGET_AFTER_MS)
    assert list(await registry.all()) == ["b"]
    await registry.forget_dead(NOW + FORGET_AFTER_MS + 1)
    assert await registry.all() == {}
