"""``python -m bench.relay``: what one relayed packet costs, here or elsewhere.

Every system gets the same calls (real ICE and DTLS where it speaks them), the same packets and the
same RTCP in the same run, on a core of its own; the load comes from another core. CPU is the
kernel's own account of the process, divided by the media packets that came out. Systems are
measured in turn, round after round, each time as a fresh process; medians are reported.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from bench.relay.janus import Janus, JanusLoops
from bench.relay.measure import WARM_UP_S, Timing, calls_per_core, flatness, loads
from bench.relay.media import MediaRelay
from bench.relay.report import machine, markdown, rewrite
from bench.relay.systems import LOAD_CORE, Floor, Interpreted, System, TipMeet
from mediasrv.native.compile import CompileError, build

SYSTEMS: dict[str, type[System]] = {
    s.name: s for s in (TipMeet, Interpreted, Janus, MediaRelay, Floor, JanusLoops)
}
#: Janus with one event loop, and this relay uncompiled, are measured when asked for.
DEFAULT = [TipMeet.name, Janus.name, MediaRelay.name, Floor.name]
FLATNESS_CALLS = [10, 50, 100, 200]


async def run(options: argparse.Namespace, peers: list[str]) -> dict[str, Any]:
    """Everything the command line asks for."""
    timing = Timing(options.rounds, options.seconds, options.warm_up, options.retries)
    kinds = [SYSTEMS[name] for name in peers]
    found: dict[str, Any] = {"loads": []}
    rates = [int(p) for p in options.pps.split(",") if p]
    found["loads"] = await loads(kinds, rates, options.calls, timing)
    if options.flatness:
        found["flatness"] = await flatness(
            [kind for kind in kinds if kind in (TipMeet, Janus)],
            FLATNESS_CALLS,
            options.flatness_pps,
            timing,
        )
    if options.calls_per_core:
        found["calls_per_core"] = {
            kind.name: await calls_per_core(kind, timing) for kind in kinds if kind.forwards
        }
    found["machine"] = machine()
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description=__doc__)
    parser.add_argument("--pps", default="1000,4000,12000,24000", help="packets a second, a list")
    parser.add_argument("--peers", default=",".join(DEFAULT), help=f"of {','.join(SYSTEMS)}")
    parser.add_argument("--calls", type=int, help="calls (default: as many as the load makes up)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, in turn")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each measurement")
    parser.add_argument("--warm-up", type=float, default=WARM_UP_S, help="seconds before each")
    parser.add_argument(
        "--retries", type=int, default=0, help="measure again where other processes disturbed"
    )
    parser.add_argument("--flatness", action="store_true", help="also 10 to 200 calls at one rate")
    parser.add_argument("--flatness-pps", type=int, default=12_000, help="those packets/s")
    parser.add_argument(
        "--calls-per-core", action="store_true", help="also the calls 80%% of a core carries"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--plot", type=Path, help="write CPU per packet against load here (PNG)")
    parser.add_argument(
        "--markdown", type=Path, help="put the tables between the marks of this document"
    )
    options = parser.parse_args()
    peers = options.peers.split(",")
    if unknown := set(peers) - set(SYSTEMS):
        parser.error(f"unknown systems {sorted(unknown)}; known: {', '.join(SYSTEMS)}")
    try:
        build()
    except CompileError as error:
        print(f"This relay is measured interpreted: {error}", file=sys.stderr)
    if (os.cpu_count() or 1) > LOAD_CORE:
        os.sched_setaffinity(0, {LOAD_CORE})
    found = asyncio.run(run(options, peers))
    if options.json:
        print(json.dumps(found))
    if options.markdown:
        rewrite(options.markdown, markdown(found))
    if options.plot:
        from bench.relay.plot import draw

        asyncio.run(draw(options.plot, found["loads"]))


if __name__ == "__main__":
    main()
