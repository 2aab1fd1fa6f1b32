"""Calls under random events from two web processes, on the real books: the money always adds up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import redis.asyncio
from aiohttp import ClientSession
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mediasrv.client import RelayClient
from metering.audit.audit import audit
from metering.books import Books
from metering.calls.meter import Meter
from metering.errors import CallEndedError
from signaling.calls.events import (
    Accepted,
    Cancelled,
    Declined,
    Event,
    Exhausted,
    Funded,
    HungUp,
    MediaFlowing,
    MediaLost,
    OperatorEnded,
    Paused,
    Pinned,
    RelayLost,
    Resumed,
    TimedOut,
)
from signaling.calls.record import OVER, Call, State
from signaling.calls.state import outstanding
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError
from signaling.relays.registry import RelayInfo
from signaling.ringing.start import CallRequest
from signaling.services.store import ServiceDraft
from signaling.settings import SignalingSettings
from signaling.site import Site
from tipmeet.processes.store import EmbeddedStore

EVENTS: list[Event] = [
    Accepted(),
    Declined(),
    Cancelled(),
    HungUp("client"),
    HungUp("provider"),
    OperatorEnded(),
    Pinned("r1"),
    Pinned("r2", "r1"),
    MediaFlowing("r1"),
    MediaFlowing("r2"),
    MediaLost("r1"),
    RelayLost("r1"),
    Exhausted(),
    Funded(),
    Paused(),
    Resumed(),
    TimedOut(),
]
START_MICROS = 5_000_000
# A few in every run of the tests; `make soak` and the curious set more.
EXAMPLES = int(os.environ.get("SIGNALING_EXAMPLES", "6"))


class World:
    """Two web processes, three clients, two providers; the clock stands until it is moved."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now_ms = 1_700_000_000_000

    async def open(self) -> None:
        self.redis = redis.asyncio.Redis.from_url(self.url)
        await self.redis.flushall()
        self.http = ClientSession()
        self.books = Books(self.redis, partitions=4)
        settings_ = SignalingSettings(
            base_url="http://tipmeet.test",
            relay_secret="s",
            password_memory_kib=64,
            password_rounds=1,
        )
        self.webs = [
            Site(
                settings=settings_,
                redis=self.redis,
                books=self.books,
                relay_client=RelayClient(self.http, "s"),
                clock=lambda: self.now_ms,
            )
            for _ in range(2)
        ]
        self.meter = Meter(self.books.partitions, "r1")
        parts = self.webs[0]
        self.clients = [await self.account(parts, f"c{n}", "client") for n in range(3)]
        self.providers = [await self.account(parts, f"p{n}", "provider") for n in range(2)]
        self.slugs = [await self.service(parts, provider) for provider in self.providers]
        for client in self.clients:
            await self.books.wallets.top_up(
                client.id, START_MICROS, key=f"t{client.id}", source="t", note="", now_ms=0
            )

    async def account(self, parts: Site, name: str, role: Any) -> User:
        return await parts.accounts.create_user(f"{name}@example.org", "password", name, role)

    async def service(self, parts: Site, provider: User) -> str:
        draft = ServiceDraft("Chess", "Teacher", "", "", (), "UTC", {}, 600_000, "minute", True)
        return (await parts.services.create(provider, draft)).slug

    async def alive(self) -> None:
        """Providers are there, and so is a relay (which never answers)."""
        parts = self.webs[0]
        info = RelayInfo("r3", "http://127.0.0.1:9", 0, 0, False, self.now_ms)
        await parts.relays.announce(info)
        for provider in self.providers:
            await parts.presence.set_duty(provider.id, True, self.now_ms)

    async def close(self) -> None:
        await self.http.close()
        await self.redis.aclose()


class Calls(RuleBasedStateMachine):
    """Any order of presses, reports, deadlines and crashes."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World(self.url)
        self.run(self.world.open())
        self.proof_s: dict[str, int] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def call(self, which: int) -> str:
        """One of the newest calls; ids are random, so they are chosen by their age."""
        return list(self.proof_s)[-1 - which % len(self.proof_s)]

    @rule(client=st.integers(0, 2), provider=st.integers(0, 1), web=st.integers(0, 1))
    def press_call(self, client: int, provider: int, web: int) -> None:
        async def work() -> None:
            await self.world.alive()
            parts, user = self.world.webs[web], self.world.clients[client]
            slug = self.world.slugs[provider]
            quote = (await parts.offers.terms(user, slug)).quote
            request = CallRequest(slug=slug, tariff_hash=quote.tariff.hash, consent=True)
            refused = None
            try:
                call = await parts.start.ring(user, request)
            except ProblemError as problem:
                refused = problem.code
            if refused is None:
                assert call.state is State.RINGING
                self.proof_s[call.id] = 0
            else:
                assert refused in ("already_in_call", "busy", "insufficient_funds")

        self.run(work())

    @precondition(lambda self: self.proof_s)
    @rule(which=st.integers(0, 7), event=st.sampled_from(EVENTS), both=st.booleans())
    def something_happens(self, which: int, event: Event, both: bool) -> None:
        call_id = self.call(which)

        async def work() -> None:
            webs = self.world.webs if both else self.world.webs[:1]
            outcomes = await asyncio.gather(
                *(parts.calls.apply(call_id, event) for parts in webs), return_exceptions=True
            )
            for outcome in outcomes:
                if isinstance(outcome, BaseException):
                    assert isinstance(outcome, ProblemError)
            await asyncio.gather(*(parts.calls.idle() for parts in webs))

        self.run(work())

    @precondition(lambda self: self.proof_s)
    @rule(which=st.integers(0, 7), seconds=st.integers(0, 200))
    def media_prove(self, which: int, seconds: int) -> None:
        call_id = self.call(which)

        async def work() -> None:
            with suppress(CallEndedError):
                await self.world.meter.adopt(call_id, self.world.now_ms)
            self.proof_s[call_id] += seconds
            proof_ms = self.proof_s[call_id] * 1000
            await self.world.meter.tick({call_id: proof_ms}, self.world.now_ms)

        self.run(work())

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds: int) -> None:
        self.world.now_ms += seconds * 1000

    @rule(web=st.integers(0, 1))
    def a_sweep(self, web: int) -> None:
        self.run(self.sweep(self.world.webs[web]))

    async def sweep(self, parts: Site) -> None:
        now_ms = self.world.now_ms
        for call_id in await parts.store.due(now_ms, 100):
            call = await parts.calls.apply(call_id, TimedOut())
            if outstanding(call):
                parts.calls.work_later(call)
        await parts.calls.idle()

    @invariant()
    def records_and_claims_agree(self) -> None:
        async def work() -> list[Call]:
            parts = self.world.webs[0]
            calls = await parts.store.get_many(sorted(self.proof_s))
            opened = {call.id for call in calls if not call.over}
            assert set(await parts.store.open_calls()) == opened
            for person in (*self.world.clients, *self.world.providers):
                claimed = await parts.presence.call_of(person.id)
                own = {c.id for c in calls if c.side_of(person.id) and not c.over}
                assert own == ({claimed} if claimed else set())
            return calls

        for call in self.run(work()):
            assert (call.state in OVER) == (call.reason is not None)
            if call.settled:
                assert call.receipt is not None

    def teardown(self) -> None:
        async def work() -> None:
            world = self.world
            parts = world.webs[0]
            for call_id in self.proof_s:  # whatever is open gets ended, and all is settled
                await parts.calls.apply(call_id, OperatorEnded())
            await parts.calls.idle()
            world.now_ms += 60_000
            await self.sweep(parts)
            assert await world.books.calls.live() == []
            for client in world.clients:
                assert (await world.books.wallets.of(client.id)).held_micros == 0
            assert (await audit(world.books.partitions)).problems == []
            for call in await parts.store.get_many(sorted(self.proof_s)):
                assert call.settled, call
            await world.close()

        self.run(work())
        self.runner.close()


def test_any_order_of_events_leaves_the_books_in_order(valkey: EmbeddedStore) -> None:
    class Machine(Calls):
        url = valkey.url

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
