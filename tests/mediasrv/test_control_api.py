"""The web process drives a relay over HTTP and gets every refusal as a code it can act on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from mediasrv.client import RelayClient, RelayError
from mediasrv.control import build_app
from mediasrv.errors import JoinRefused
from mediasrv.relay import Relay, RelayConfig
from mediasrv.stats import Side
from mediasrv.synthetic.peer import Peer

SECRET = "a relay secret"


class World:
    """A relay with its control API, what its hooks were told, and a client to it."""

    def __init__(self) -> None:
        self.relay = Relay(RelayConfig(host="127.0.0.1", port=0, max_calls=2))
        self.closed: list[tuple[str, int]] = []
        self.joined: list[tuple[str, str]] = []
        self.refuse: JoinRefused | None = None
        self.fail_close = False
        self.url = ""

    async def before_close(self, call: str, proof_ms: int) -> None:
        if self.fail_close:
            raise ConnectionError("the books are away")
        self.closed.append((call, proof_ms))

    async def before_join(self, call: str, side: Side) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.joined.append((call, side))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.relay.start()
    app = build_app(
        world.relay, SECRET, before_close=world.before_close, before_join=world.before_join
    )
    async with TestServer(app) as server:
        world.url = str(server.make_url(""))
        yield world
    await world.relay.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(session: aiohttp.ClientSession) -> RelayClient:
    return RelayClient(session, SECRET)


async def test_a_call_is_joined_watched_paused_and_closed(
    world: World, client: RelayClient
) -> None:
    answer = await client.join(world.url, "1f-call", "client", Peer().offer())
    assert "a=ice-lite" in answer
    assert world.joined == [("1f-call", "client")]
    await client.set_mode(world.url, "1f-call", forward=False, count=False)
    stats = await client.stats(world.url, "1f-call")
    assert (stats["forward"], stats["count"], stats["proof_ms"]) == (False, False, 0)
    assert stats["media"]["client"]["state"] == "connecting"
    assert stats["media"]["provider"] is None
    assert (await client.totals(world.url))["participants"] == 1
    await client.leave(world.url, "1f-call", "client")
    assert await client.close_call(world.url, "1f-call") == 0
    assert world.closed == [("1f-call", 0)]
    assert (await client.totals(world.url))["calls"] == 0


async def test_a_wrong_secret_is_refused(world: World, session: aiohttp.ClientSession) -> None:
    with pytest.raises(RelayError) as refused:
        await RelayClient(session, "wrong").totals(world.url)
    assert (refused.value.code, refused.value.status) == ("forbidden", 401)


async def test_a_malformed_offer_names_its_line(world: World, client: RelayClient) -> None:
    offer = Peer().offer().replace("a=setup:actpass", "a=setup:passive", 1)
    with pytest.raises(RelayError) as refused:
        await client.join(world.url, "call", "client", offer)
    assert refused.value.code == "bad_offer"
    assert refused.value.line == 1 + offer.split("\r\n").index("a=setup:passive")
    assert (await client.totals(world.url))["calls"] == 0


async def test_an_offer_with_nothing_in_common_names_the_codecs(
    world: World, client: RelayClient
) -> None:
    offer = Peer().offer().replace("opus/48000/2", "G722/8000").replace("VP8/90000", "AV1/90000")
    with pytest.raises(RelayError) as refused:
        await client.join(world.url, "call", "client", offer)
    assert (refused.value.code, refused.value.status) == ("nothing_in_common", 409)
    assert "g722" in refused.value.message
    assert "av1" in refused.value.message


async def test_unknown_calls_and_sides_are_refused(world: World, client: RelayClient) -> None:
    for attempt in (
        client.stats(world.url, "nobody"),
        client.close_call(world.url, "nobody"),
        client.leave(world.url, "nobody", "client"),
    ):
        with pytest.raises(RelayError) as refused:
            await attempt
        assert (refused.value.code, refused.value.status) == ("unknown_call", 404)


async def test_the_composer_can_refuse_a_join(world: World, client: RelayClient) -> None:
    world.refuse = JoinRefused("wrong_state", "the call is over")
    with pytest.raises(RelayError) as refused:
        await client.join(world.url, "call", "client", Peer().offer())
    assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
    assert world.relay.calls() == []


async def test_a_full_relay_says_so(world: World, client: RelayClient) -> None:
    for call in ("one", "two"):
        await client.join(world.url, call, "client", Peer().offer())
    with pytest.raises(RelayError) as refused:
        await client.join(world.url, "three", "client", Peer().offer())
    assert (refused.value.code, refused.value.status) == ("full", 503)
    await client.join(world.url, "two", "provider", Peer().offer())


async def test_a_draining_relay_finishes_its_calls_and_takes_no_new(
    world: World, client: RelayClient
) -> None:
    await client.join(world.url, "old", "client", Peer().offer())
    await client.drain(world.url)
    with pytest.raises(RelayError) as refused:
        await client.join(world.url, "new", "client", Peer().offer())
    assert (refused.value.code, refused.value.status) == ("draining", 503)
    await client.join(world.url, "old", "provider", Peer().offer())


async def test_a_call_stays_until_its_proof_is_handed_over(
    world: World, client: RelayClient
) -> None:
    await client.join(world.url, "call", "client", Peer().offer())
    world.fail_close = True
    with pytest.raises(RelayError):
        await client.close_call(world.url, "call")
    assert world.relay.calls() == ["call"]
    world.fail_close = False
    assert await client.close_call(world.url, "call") == 0
    assert world.relay.calls() == []


async def test_a_relay_that_is_not_there_is_unavailable(client: RelayClient) -> None:
    with pytest.raises(RelayError) as refused:
        await client.totals("http://127.0.0.1:9")
    assert refused.value.code == "relay_unavailable"
