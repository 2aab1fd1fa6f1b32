"""``python -m bench.relay``: what one relayed packet costs, here and elsewhere.

Every system gets the same calls (real ICE and DTLS where it speaks them) and the same packets in
the same run, on a core of its own; the load comes from another core. CPU is the kernel's own
account of the process, divided by the packets that came out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from typing import Any

from bench.relay_load import PACKETS_PER_PARTICIPANT, run_load
from bench.relay_systems import LOAD_CORE, Floor, Janus, NotInstalledError, System, TipMeet

#: The relay keeps 512 video packets of each participant: five seconds' worth.
WARM_UP_S = 5.5

SYSTEMS: dict[str, type[System]] = {s.name: s for s in (TipMeet, Janus, Floor)}


async def measure(kind: type[System], pps: int, calls: int, seconds: float) -> dict[str, Any]:
    """One system under one load. Raises ``NotInstalledError``."""
    system = kind()
    try:
        endpoints = await system.connect(calls)
        # What is measured is a call's long life, not the first seconds that fill its caches.
        run_load(endpoints, pps, WARM_UP_S)
        memory = system.memory_bytes()
        before = system.cpu_s()
        result = run_load(endpoints, pps, seconds)
        cpu = system.cpu_s() - before
        for endpoint in endpoints:
            endpoint.sock.close()
    finally:
        await system.stop()
    return {
        "us_per_packet": round(1e6 * cpu / max(result.received, 1), 2),
        "p50_us": round(result.p50_us, 1),
        "p99_us": round(result.p99_us, 1),
        "lost": result.sent - result.received,
        "core_share": round(cpu / result.seconds, 3),
        "memory_bytes": memory,
        "generator_late_ms": round(result.late_ms, 1),
    }


async def run(
    loads: list[int], peers: list[str], calls: int | None, seconds: float
) -> dict[str, Any]:
    """All systems under all loads, side by side."""
    rows = []
    for pps in loads:
        count = calls or max(1, pps // (2 * PACKETS_PER_PARTICIPANT))
        row: dict[str, Any] = {"pps": pps, "calls": count}
        for name in peers:
            try:
                row[name] = await measure(SYSTEMS[name], pps, count, seconds)
            except NotInstalledError:
                row[name] = None
            _show(pps, count, name, row[name])
        rows.append(row)
    return {"loads": rows}


def _show(pps: int, calls: int, name: str, found: dict[str, Any] | None) -> None:
    if found is None:
        line = "not installed"
    else:
        line = (
            f"{found['us_per_packet']:8.2f} us/packet  p50 {found['p50_us']:8.1f} us"
            f"  p99 {found['p99_us']:8.1f} us  lost {found['lost']}"
        )
    print(f"{pps:7,} packets/s  {calls:4} calls  {name:8} {line}", file=sys.stderr)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description=__doc__)
    parser.add_argument("--pps", default="1000,4000,12000,24000", help="packets a second, a list")
    parser.add_argument("--peers", default=",".join(SYSTEMS), help="systems, a list")
    parser.add_argument("--calls", type=int, help="calls (default: as many as the load makes up)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each measurement")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    peers = options.peers.split(",")
    if unknown := set(peers) - set(SYSTEMS):
        parser.error(f"unknown systems {sorted(unknown)}; known: {', '.join(SYSTEMS)}")
    if (os.cpu_count() or 1) > LOAD_CORE:
        os.sched_setaffinity(0, {LOAD_CORE})
    loads = [int(p) for p in options.pps.split(",")]
    found = asyncio.run(run(loads, peers, options.calls, options.seconds))
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
