"""The beat of a relay process: each second's proof goes to the meter, its outcome to who watches.

This is where media and money meet; neither package knows the other. Nothing is lost when a beat
fails: proof only grows, so the next beat charges what this one could not.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Mapping
from typing import Any

import msgpack
import redis.asyncio
import redis.exceptions
import structlog

from mediasrv.errors import JoinRefused
from mediasrv.relay import Relay
from metering.calls.meter import Meter, Tick
from metering.errors import MeteringError
from signaling.kernel.tasks import stop
from signaling.relays.ticks import TICKS_CHANNEL

# Every call is ticked once a second, a part of them in each slot of it: a burst of all would make
# the last wait for the first, and the store stand idle in between.
SLOTS = 20
SLOT_S = 1.0 / SLOTS
NEWS_PAUSE_S = 0.02  # changes within it are told together

log = structlog.get_logger("ticker")


def wall_ms() -> int:
    """Unix time in milliseconds: for records only, never for pacing or proof."""
    return time.time_ns() // 1_000_000


class Ticker:
    """Feeds the meter from one relay and publishes what every call's second brought."""

    def __init__(
        self, relay: Relay, meter: Meter, redis_client: redis.asyncio.Redis, relay_id: str
    ) -> None:
        self._relay = relay
        self._meter = meter
        self._redis = redis_client
        self._relay_id = relay_id
        self._base_ms: dict[str, int] = {}  # proof other owners had gathered, per adopted call
        self._last: dict[str, Tick] = {}
        self._news: set[str] = set()
        self._news_came = asyncio.Event()
        relay.on_change = self.note_change

    async def before_join(self, call_id: str, side: str) -> None:  # noqa: ARG002
        """Take the call over in the books before its first media is accepted here.

        Raises JoinRefused when the books do not know it or it has ended.
        """
        if call_id in self._base_ms:
            return
        try:
            adopted = await self._meter.adopt(call_id, wall_ms())
        except MeteringError as error:
            raise JoinRefused(error.code, str(error)) from error
        self._base_ms[call_id] = adopted.proof_base_ms

    async def before_close(self, call_id: str, proof_ms: int) -> None:
        """Hand the last proof over, so that whoever ends the call charges all of it."""
        if call_id not in self._base_ms:
            return
        try:
            await self._tick({call_id: proof_ms})
        finally:
            self._forget(call_id)

    async def run(self) -> None:
        """Beat until cancelled. Paced by the monotonic clock; a late beat is not made up for."""
        loop = asyncio.get_running_loop()
        news = asyncio.create_task(self._tell_news())
        due = loop.time()
        try:
            for at in itertools.count():
                due = max(due + SLOT_S, loop.time())
                await asyncio.sleep(due - loop.time())
                await self.beat(at % SLOTS)
        finally:
            await stop([news])

    async def beat(self, slot: int | None = None) -> None:
        """The second of the calls of this slot (of all by default). A store that does not answer
        is tried again at their next beat."""
        calls = self._relay.calls()
        for gone in self._base_ms.keys() - set(calls):
            self._forget(gone)  # both sides left long ago and the relay closed it by itself
        if slot is not None:
            calls = [call for call in calls if self._meter.slot(call, SLOTS) == slot]
        if not calls:
            return
        proofs = {call: self._relay.proof_ms(call) for call in calls if call in self._base_ms}
        try:
            await self._tick(proofs)
            await self._publish(calls)
        except (redis.exceptions.RedisError, OSError, TimeoutError) as error:
            log.warning(
                "the store did not answer; proof is kept for the next beat", error=str(error)
            )
        except MeteringError:
            log.exception("the meter refused a beat")

    def note_change(self, call_id: str) -> None:
        """A participant's state changed: tell it at once, not at the next beat."""
        self._news.add(call_id)
        self._news_came.set()

    async def _tell_news(self) -> None:
        while True:
            await self._news_came.wait()
            await asyncio.sleep(NEWS_PAUSE_S)
            self._news_came.clear()
            calls, self._news = self._news, set()
            with contextlib.suppress(redis.exceptions.RedisError, OSError, TimeoutError):
                await self._publish(calls & set(self._relay.calls()))

    async def _tick(self, proofs: Mapping[str, int]) -> None:
        if not proofs:
            return
        for tick in await self._meter.tick(dict(proofs), wall_ms()):
            self._last[tick.call_id] = tick
            if tick.status == "stale_epoch":
                # Another relay took it over: this one must neither forward nor count it any more.
                log.info("call taken over by another relay", call=tick.call_id)
                self._relay.close_call(tick.call_id)
                self._forget(tick.call_id)
                continue
            self._limit(tick)

    def _limit(self, tick: Tick) -> None:
        """Let media stop exactly where the money does, not at the next beat."""
        base_ms = self._base_ms.get(tick.call_id)
        if base_ms is None or tick.affordable_s is None:
            return
        limit_ms = (tick.seconds + tick.affordable_s) * 1000 - base_ms
        self._relay.limit_proof(tick.call_id, max(0, limit_ms))

    async def _publish(self, calls: Any) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for call_id in calls:
                message = self._message(call_id)
                if message is not None:
                    pipeline.publish(TICKS_CHANNEL, msgpack.packb(message))
            await pipeline.execute()

    def _message(self, call_id: str) -> dict[str, Any] | None:
        try:
            media = self._relay.stats(call_id).as_dict()["media"]
        except KeyError:
            return None  # closed meanwhile
        tick = self._last.get(call_id)
        meter = None
        if tick is not None:
            meter = {
                "status": tick.status,
                "seconds": tick.seconds,
                "proof_ms": tick.proof_ms,
                "charged_micros": tick.charged_micros,
                "provider_micros": tick.provider_micros,
                "balance_micros": tick.balance_micros,
                "affordable_s": tick.affordable_s,
            }
        return {
            "call": call_id,
            "relay": self._relay_id,
            "at_ms": wall_ms(),
            "meter": meter,
            "media": media,
        }

    def _forget(self, call_id: str) -> None:
        self._meter.drop(call_id)
        self._base_ms.pop(call_id, None)
        self._last.pop(call_id, None)
