"""Chaos: kill -9 of relay, web and store at random moments under many live calls.

`python -m tests.chaos --rounds 50 --calls 200 --seed 1`. Every call has two participants with real
ICE, DTLS and SRTP who come back by themselves as browsers do. Afterwards: the audit is clean, no
client is charged beyond the time media flowed, at most 2 s of revenue a call and crash are lost.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from mediasrv.call.proof import SILENCE_S
from mediasrv.synthetic import SyntheticParticipant
from tests.e2e.calls import Parties, live_call
from tests.e2e.conftest import Site, children, running_site
from tipmeet.demo.visitor import Visitor, VisitorError

PRICE = "6.00"  # a tenth every second
SECOND_MICROS = 100_000
MONEY = "2000.00"
TICK_S = 0.4  # of the participants: some packets a second are proof enough
LOOK_S = 0.25
SILENT_S = 3.0  # as long as a browser waits before it joins anew
LOST_PER_CRASH_S = 2.0
COMING_BACK_S = 60.0
# On a machine that also plays both parties of every call, some may be later than the product waits.
MAX_ENDED_SHARE = 0.1
REJOIN_S = 10.0  # then a browser would try anew
OPENING_AT_ONCE = 4
VICTIMS = {"relay": "relay", "web": "web", "store": "-server "}


@dataclass
class Presence:
    """When one side received media: stretches without a silence over two seconds."""

    stretches: list[tuple[float, float]] = field(default_factory=list)
    packets: int = -1

    def look(self, packets: int, before: float, now: float) -> None:
        """At `now` so many packets have come; the look before was at `before` (a machine under
        load looks late: what came meanwhile was no silence)."""
        if packets == self.packets:
            return
        self.packets = packets
        if self.stretches and now - self.stretches[-1][1] <= SILENCE_S + now - before:
            self.stretches[-1] = (self.stretches[-1][0], now)
        else:
            self.stretches.append((now, now))

    def heard_s(self, now: float) -> float:
        """Seconds since media came last."""
        return now - self.stretches[-1][1] if self.stretches else float("inf")


def together_s(one: Presence, two: Presence) -> float:
    """Seconds in which both sides received media."""
    return sum(
        max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in one.stretches for b in two.stretches
    )


@dataclass
class Caller:
    """One call with both its parties, and what they saw of it."""

    parties: Parties
    seen: tuple[Presence, Presence] = field(default_factory=lambda: (Presence(), Presence()))
    flows: bool = False
    ended: bool = False  # not back within the product's own patience: settled, its media silent
    watcher: asyncio.Task[None] | None = None

    @property
    def silences(self) -> int:
        """Times that media stopped and came back."""
        return sum(max(0, len(each.stretches) - 1) for each in self.seen)

    async def live(self) -> None:
        """Watch both sides and bring them back, until cancelled."""
        people = (self.parties.client, self.parties.provider)
        before = joined = time.monotonic()
        while not self.ended:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            for person, presence in zip(people, self.seen, strict=True):
                presence.look(self.parties.media[person].packets_received, before, now)
            before = now
            self.flows = all(each.heard_s(now) < 2 * TICK_S + LOOK_S for each in self.seen)
            for person, presence in zip(people, self.seen, strict=True):
                silent_s = min(presence.heard_s(now), now - joined)
                if silent_s > SILENT_S and await self._rejoin(person):
                    presence.packets = -1
                    before = joined = time.monotonic()

    async def stop(self) -> None:
        if self.watcher is not None:
            self.watcher.cancel()
            await asyncio.gather(self.watcher, return_exceptions=True)

    async def _rejoin(self, person: Visitor) -> bool:
        media: SyntheticParticipant = self.parties.media[person]
        try:
            if person.disconnected:
                await person.reconnect(COMING_BACK_S)
            await media.close()
            await self.parties.join(person, REJOIN_S)
        except (VisitorError, TimeoutError, OSError):
            self.ended = await self.has_ended()
            return False  # tried again at the next look
        return True

    async def has_ended(self) -> bool:
        try:
            answer = await self.parties.client.api("GET", f"/api/calls/{self.parties.call}")
        except (VisitorError, TimeoutError, OSError):
            return False  # nobody answers at present
        return bool(answer["call"]["state"] == "ended")


async def chaos(site: Site, rounds: int, calls: int, seed: int) -> list[str]:
    """Runs it; what is wrong, in words."""
    dice = random.Random(seed)
    opening = asyncio.Semaphore(OPENING_AT_ONCE)
    async with AsyncExitStack() as stack:

        async def begin() -> Caller:
            async with opening:
                call = live_call(site, price=PRICE, money=MONEY, tick_s=TICK_S)
                caller = Caller(await stack.enter_async_context(call))
                caller.watcher = asyncio.create_task(caller.live())
                return caller

        callers = await asyncio.gather(*(begin() for _ in range(calls)))
        print(f"{calls} calls are live", flush=True)
        problems = []
        for number in range(1, rounds + 1):
            await asyncio.sleep(dice.uniform(1, 6))
            name = dice.choice(sorted(VICTIMS))
            victims = children(site.process.pid, VICTIMS[name])
            if victims:
                os.kill(dice.choice(victims), signal.SIGKILL)
            back_s = await all_flow(callers)
            if back_s is None:
                problems.append(f"round {number} ({name}): some calls did not come back")
                break
            ended = sum(caller.ended for caller in callers)
            print(
                f"round {number}: killed {name}, back in {back_s:.1f} s, {ended} ended", flush=True
            )
        ended = sum(caller.ended for caller in callers)
        if ended > MAX_ENDED_SHARE * calls:
            problems.append(f"{ended} of {calls} calls were not back in time and were ended")
        for found in await asyncio.gather(*(verdict(each, rounds, opening) for each in callers)):
            problems += found
    report = site.audit()
    if not report["ok"]:
        problems.append(f"audit: {report['problems']}")
    return problems


async def all_flow(callers: Sequence[Caller]) -> float | None:
    """Seconds until media of every call flow again for a moment; None: they do not."""
    began = time.monotonic()
    await asyncio.sleep(2.0)  # long enough for a silence to be noticed
    while time.monotonic() - began < COMING_BACK_S * 2:
        if all(caller.flows or caller.ended for caller in callers):
            return time.monotonic() - began
        await asyncio.sleep(LOOK_S)
    return None


async def verdict(caller: Caller, crashes: int, at_once: asyncio.Semaphore) -> list[str]:
    """Hang up and compare the receipt with what both sides saw."""
    parties = caller.parties
    async with at_once:
        for person in (parties.client, parties.provider):
            if person.disconnected:
                await person.reconnect(COMING_BACK_S)
        try:
            if not await caller.has_ended():
                await parties.client.ask("call.hang_up", call=parties.call)
        except VisitorError as error:
            return [f"{parties.call}: cannot be hung up: {error}"]
        finally:
            await caller.stop()
        receipt = (await parties.settled())["receipt"]
    seconds, flowed_s, problems = receipt["connected_s"], together_s(*caller.seen), []
    if receipt["charged_micros"] != seconds * SECOND_MICROS:
        problems.append(f"{parties.call}: {seconds} s cost {receipt['charged_micros']}")
    # Seen from outside, a stretch's edges are known to a look and a burst at either end.
    blur_s = (caller.silences + 2) * (LOOK_S + TICK_S)
    saw = f"{flowed_s:.1f} s of media in {caller.silences + 2} stretches"
    if seconds > flowed_s + blur_s + 1:
        problems.append(f"{parties.call}: charged {seconds} s, {saw}")
    if seconds < flowed_s - blur_s - 1 - LOST_PER_CRASH_S * crashes:
        problems.append(f"{parties.call}: charged {seconds} s, {saw}: too few")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"threshold_s": "2", "relays": "2", "relay_max_calls": "1000"}
        with running_site(Path(folder) / "var", errors_expected=True, **settings) as site:
            problems = asyncio.run(chaos(site, options.rounds, options.calls, options.seed))
    for problem in problems:
        print(problem)
    print(f"{options.rounds} rounds, {options.calls} calls: {'FAILED' if problems else 'clean'}")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
