"""Whatever network, disk, clock or processes do, no money is lost or made."""

from __future__ import annotations

from collections import Counter

import pytest
import redis.asyncio

from tests.metering.model.simulation import Simulation

SEEDS = 300
BATCH = 20


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
async def test_every_invariant_holds_in_every_world(
    redis_client: redis.asyncio.Redis, first: int
) -> None:
    faults: Counter[str] = Counter()
    for seed in range(first, first + BATCH):
        try:
            faults.update(await Simulation(redis_client, seed).run())
        except AssertionError as error:
            pytest.fail(f"seed {seed} (python -m tests.metering.model.soak --seed {seed}): {error}")
    assert len(faults) == 6, "every kind of fault is met"
