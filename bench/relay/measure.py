"""Measures systems under loads: in rounds, in turn, medians of what was found."""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench.relay.load import LoadResult, learn, run_load
from bench.relay.packets import PACKETS_PER_PARTICIPANT, Endpoint
from bench.relay.systems import SYSTEM_CORE, NotInstalledError, System

#: A relay may keep the last packets of every stream: this is long enough to fill such a cache.
WARM_UP_S = 5.5
PACKETS_PER_CALL = 2 * PACKETS_PER_PARTICIPANT
#: What the generator offers at most, and the share of a core that counts as full.
MOST_PPS = 50_000
FULL_CORE = 0.8
#: Share of the systems' core in other processes' hands that makes a measurement doubtful.
DISTURBED = 0.1
#: Steps of the search for the calls of a core, and where it begins.
_SEARCH_STEPS, _SEARCH_FROM = 6, 40

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timing:
    """How often and how long each system is measured.

    ``retries``: so often it is measured again when other processes disturbed it.
    """

    rounds: int
    seconds: float
    warm_up: float
    retries: int = 0


async def loads(
    kinds: list[type[System]], rates: list[int], calls: int | None, timing: Timing
) -> list[Found]:
    """One row for each rate: every system's medians, None where it is not here."""
    rows = []
    #: Of systems that are given fewer calls than asked: the same load is measured once a round.
    capped: dict[tuple[str, int], Found | None] = {}
    for pps in rates:
        count = calls or max(1, pps // PACKETS_PER_CALL)
        rounds: list[dict[str, Found | None]] = []
        for number in range(timing.rounds):
            found: dict[str, Found | None] = {}
            for kind in kinds:
                again = capped.get((kind.name, number)) if count > kind.most_calls else None
                found[kind.name] = again or await _attempt(kind, pps, count, timing)
                if count > kind.most_calls:
                    capped[kind.name, number] = found[kind.name]
                _show(f"round {number + 1}", pps, count, kind.name, found[kind.name])
            rounds.append(found)
        row: Found = {"pps": pps, "calls": count}
        for kind in kinds:
            row[kind.name] = medians([r[kind.name] for r in rounds])
            _show("median", pps, count, kind.name, row[kind.name])
        row["ratios"] = {name: ratio(rounds, name) for name in ("janus", "floor")}
        rows.append(row)
    return rows


async def flatness(
    kinds: list[type[System]], counts: list[int], pps: int, timing: Timing
) -> list[Found]:
    """CPU per packet at the same rate from ever more calls, one row for each count.

    RTCP is sent by every participant, so that there is more of it with more calls; compare CPU per
    datagram (``us_per_datagram``) too.
    """
    rounds: list[dict[tuple[str, int], Found | None]] = []
    for number in range(timing.rounds):
        found = {}
        for calls in counts:
            for kind in kinds:
                figures = await _attempt(kind, pps, calls, timing)
                found[kind.name, calls] = figures
                _show(f"round {number + 1}", pps, calls, kind.name, figures)
        rounds.append(found)
    return [
        {"pps": pps, "calls": calls}
        | {kind.name: medians([r[kind.name, calls] for r in rounds]) for kind in kinds}
        for calls in counts
    ]


async def calls_per_core(kind: type[System], timing: Timing) -> Found | None:
    """The most calls found that take at most 80% of the core and lose nothing.

    ``limit`` says what stopped the search: ``cpu``, ``loss`` or ``generator``.
    """
    calls, best, limit = _SEARCH_FROM, None, "cpu"
    bad = MOST_PPS // PACKETS_PER_CALL + 1
    for _ in range(_SEARCH_STEPS):
        found = await _attempt(kind, calls * PACKETS_PER_CALL, calls, timing)
        _show("search", calls * PACKETS_PER_CALL, calls, kind.name, found)
        if found is None:
            break
        share = found["core_share"]
        if found["lost"] or share > FULL_CORE:
            bad, limit = calls, "loss" if found["lost"] else "cpu"
            aim = best["calls"] if best else 0
            calls = max(
                (aim + bad) // 2, int(calls * FULL_CORE / share) if share > FULL_CORE else 0
            )
        else:
            best = {"calls": calls, "core_share": share, "bytes_per_call": found["bytes_per_call"]}
            calls = int(calls * min(2.0, FULL_CORE / share))
        if best is not None and bad - best["calls"] <= max(1, best["calls"] // 20):
            break
        calls = max(1, min(calls, bad - 1))
    if best is not None and best["calls"] == MOST_PPS // PACKETS_PER_CALL:
        limit = "generator"
    return None if best is None else {**best, "limit": limit}


async def measure(kind: type[System], pps: int, calls: int, timing: Timing) -> Found:
    """One system under one load. Raises ``NotInstalledError``."""
    asked, rate = calls, float(pps)
    if calls > kind.most_calls:
        calls = kind.most_calls
        rate = calls * PACKETS_PER_CALL
    system = kind()
    endpoints: list[Endpoint] = []
    try:
        endpoints = await system.connect(calls)
        if system.forwards:
            learn(endpoints)
        # What is measured is a call's long life, not the first seconds that fill its caches.
        run_load(endpoints, rate, timing.warm_up)
        memory = system.memory_bytes() - system.idle_bytes
        cpu, core = system.cpu_s(), _core_busy_s()
        result = run_load(endpoints, rate, timing.seconds)
        cpu, core = system.cpu_s() - cpu, _core_busy_s() - core
    finally:
        await system.stop()
        for endpoint in endpoints:
            endpoint.sock.close()
    found = _figures(result, cpu, forwards=system.forwards)
    found["bytes_per_call"] = memory // calls
    found["others_share"] = round(max(0.0, core - cpu) / result.seconds, 3)
    if calls != asked:
        found |= {"calls": calls, "pps": round(rate)}
    return found


def _figures(result: LoadResult, cpu: float, *, forwards: bool) -> Found:
    came = result.received if forwards else result.arrived
    return {
        "us_per_packet": round(1e6 * cpu / max(came, 1), 2),
        "p50_us": None if result.p50_us is None else round(result.p50_us, 1),
        "p99_us": None if result.p99_us is None else round(result.p99_us, 1),
        "lost": result.sent - result.received if forwards else None,
        "us_per_datagram": round(1e6 * cpu / max(came + result.control, 1), 2),
        "core_share": round(cpu / result.seconds, 3),
        "generator_late_ms": round(result.late_ms, 1),
    }


async def _attempt(kind: type[System], pps: int, calls: int, timing: Timing) -> Found | None:
    """None, and why on stderr, where the system is not here or does not work."""
    quietest: Found | None = None
    try:
        for _ in range(1 + timing.retries):
            found = await measure(kind, pps, calls, timing)
            if quietest is None or found["others_share"] < quietest["others_share"]:
                quietest = found
            if quietest["others_share"] <= DISTURBED:
                break
        return quietest
    except NotInstalledError:
        reason = "not installed"
    except (TimeoutError, RuntimeError, OSError, ValueError, aiohttp.ClientError) as error:
        reason = f"not measured: {type(error).__name__} {error}"
    print(f"{kind.name}: {reason}", file=sys.stderr)
    return None


def medians(rounds: list[Found | None]) -> Found | None:
    """Field by field over the rounds that succeeded, and each round's CPU per packet."""
    there = [r for r in rounds if r is not None]
    if not there:
        return None
    found: Found = {}
    for field in there[0]:
        values = [r[field] for r in there if r[field] is not None]
        found[field] = round(statistics.median(values), 3) if values else None
    if found["lost"] is not None:
        found["lost"] = int(found["lost"])
    found["rounds_us"] = [r["us_per_packet"] for r in there]
    return found


def ratio(rounds: list[dict[str, Found | None]], other: str) -> float | None:
    """Median over the rounds of this relay's CPU per packet to another's in the same round."""
    ratios = []
    for found in rounds:
        ours, theirs = found.get("tipmeet"), found.get(other)
        if ours is not None and theirs is not None:
            ratios.append(ours["us_per_packet"] / theirs["us_per_packet"])
    return round(statistics.median(ratios), 3) if ratios else None


def _core_busy_s() -> float:
    """Seconds the systems' core has worked for anybody, stolen time included."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{SYSTEM_CORE} "):
            user, nice, system, _, _, irq, softirq, steal, *_ = map(int, line.split()[1:])
            return (user + nice + system + irq + softirq + steal) / 100
    return 0.0


def _show(what: str, pps: int, calls: int, name: str, found: Found | None) -> None:
    if found is None:
        return
    timed = found["p50_us"] is not None
    latency = (
        f"p50 {found['p50_us']:8.1f} us  p99 {found['p99_us']:8.1f} us  lost {found['lost']:g}"
        if timed
        else f"not timed: encodes anew ({found.get('calls', calls):g} calls)"
    )
    print(
        f"{what:8} {pps:7,}/s {calls:4} calls  {name:11} {found['us_per_packet']:8.2f} us/packet"
        f"  {found['core_share']:4.0%} of a core (others {found['others_share']:4.0%})  {latency}",
        file=sys.stderr,
    )
