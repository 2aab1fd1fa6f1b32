"""A million random tariffs, each charged along a random path of ticks: exact to the micro-unit."""

from __future__ import annotations

import random

import pytest

from metering.tariff import charge_micros, platform_micros, provider_micros
from tests.metering.test_scripts_arithmetic import random_tariff
from tests.metering.test_tariff_arithmetic import model

PATHS = 1_000_000
SHARE = 50_000  # paths of one test, so that they spread over the workers
LONGEST_STEP_S = 4000


@pytest.mark.parametrize("seed", range(PATHS // SHARE))
def test_charges_are_monotone_telescope_and_are_the_models(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(SHARE):
        tariff = random_tariff(rng)
        seconds = client = platform = provider = 0
        for _ in range(rng.randint(1, 4)):
            seconds += rng.randint(0, LONGEST_STEP_S)
            due = charge_micros(tariff, seconds) - client
            fee = platform_micros(tariff, seconds) - platform
            share = provider_micros(tariff, seconds) - provider
            assert min(due, fee, share) >= 0, (seed, tariff, seconds)
            assert due == fee + share, (seed, tariff, seconds)
            client, platform, provider = client + due, platform + fee, provider + share
        assert (client, platform) == model(tariff, seconds), (seed, tariff, seconds)
