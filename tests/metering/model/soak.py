"""Long runs of the simulation: `python -m tests.metering.model.soak`; `--seed N` replays one."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import redis.asyncio

from tests.metering.model.simulation import Simulation
from tipmeet.processes.store import EmbeddedStore


async def play(url: str, seeds: Iterable[int], steps: int) -> int:
    """Plays the seeds; returns the first that breaks an invariant, or -1."""
    server = redis.asyncio.Redis.from_url(url)
    faults: Counter[str] = Counter()
    try:
        for played, seed in enumerate(seeds, start=1):
            try:
                faults.update(await Simulation(server, seed).run(steps))
            except AssertionError as error:
                print(f"seed {seed} breaks: {error}", flush=True)
                return seed
            if played % 100 == 0:
                print(f"{played} worlds hold, faults met: {dict(faults)}", flush=True)
    finally:
        await server.aclose()
    return -1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first world's seed")
    parser.add_argument("--seed", type=int, help="replay this one only")
    parser.add_argument("--steps", type=int, default=50, help="steps in each world")
    options = parser.parse_args()
    seeds: Iterable[int] = range(options.first, options.first + options.seeds)
    if options.seed is not None:
        seeds = [options.seed]
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder), config={"appendonly": "no", "save": ""})
        store.start()
        try:
            broken = asyncio.run(play(store.url, seeds, options.steps))
        finally:
            store.stop()
    return int(broken >= 0)


if __name__ == "__main__":
    sys.exit(main())
