"""The scripts' arithmetic in doubles is the tariff's in whole numbers, digit for digit."""

from __future__ import annotations

import random
from typing import Any

import msgpack
import redis.asyncio

from metering.calls.calls import hot_row
from metering.store.scripts import Script, Scripts, build_script
from metering.tariff import (
    MAX_SECONDS,
    Tariff,
    affordable_seconds,
    charge_micros,
    platform_micros,
)

CASES = 20_000
BATCH = 1000
PROBE = """--! keys: acct
--! include: tariff
local answers = {}
for i, case in ipairs(cmsgpack.unpack(ARGV[1])) do
  local t, seconds, money = case[1], case[2], case[3]
  local charged = charge(t, seconds)
  answers[i] = {text(charged), text(platform_part(t, charged)), affordable(t, money) or -1}
end
return ok(answers)
"""


def random_tariff(rng: random.Random) -> Tariff:
    return Tariff(
        currency="USD",
        price_micros=rng.choice(
            [0, 1, rng.randint(1, 100), rng.randint(1, 10**7), rng.randint(1, 10**12), 10**12]
        ),
        period_s=rng.choice([60, 3600]),
        threshold_s=rng.choice([0, 60, rng.randint(0, 86_400)]),
        threshold_mode=rng.choice(["retroactive", "gift"]),
        initial_s=rng.choice([1, 60, rng.randint(1, 86_400)]),
        increment_s=rng.choice([1, 60, rng.randint(1, 86_400)]),
        commission_bps=rng.choice([0, 10_000, rng.randint(0, 10_000)]),
        min_minutes=0,
        version=1,
    )


def random_case(rng: random.Random) -> tuple[Tariff, int, int]:
    """A tariff, seconds whose charge a double can hold, and a sum of money."""
    tariff = random_tariff(rng)
    longest = affordable_seconds(tariff, 2**53 - 1)
    seconds = rng.randint(0, min(longest or 10**6, rng.choice([200, 10**5, MAX_SECONDS])))
    at = charge_micros(tariff, seconds)
    money = rng.choice([rng.randint(0, 2**53 - 1), at, max(0, at - 1), rng.randint(0, 10**8)])
    return tariff, seconds, money


async def compare(scripts: Scripts, probe: Script, rng: random.Random, cases: int) -> None:
    drawn = [random_case(rng) for _ in range(cases)]
    rows = [[hot_row(tariff, -1, "c", "p"), b, money] for tariff, b, money in drawn]
    answers: Any = await scripts.run("probe", 0, msgpack.packb(rows))
    for (tariff, seconds, money), answer in zip(drawn, answers, strict=True):
        charged = charge_micros(tariff, seconds)
        limit = affordable_seconds(tariff, money)
        expected = [str(charged), str(platform_micros(tariff, seconds))]
        assert answer == [*expected, -1 if limit is None else limit], (tariff, seconds, money)


async def test_scripts_and_model_agree(redis_client: redis.asyncio.Redis) -> None:
    scripts, probe = Scripts(redis_client), build_script("probe", PROBE)
    scripts.replace(probe)
    rng = random.Random(20261123)
    for _ in range(CASES // BATCH):
        await compare(scripts, probe, rng, BATCH)
