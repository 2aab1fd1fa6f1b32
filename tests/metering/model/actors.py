"""Those who take part in the simulation."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from metering.calls.meter import Meter
from metering.tariff import Tariff

CLIENTS = ("alice", "carol", "erin")
PROVIDERS = ("bob", "dave")
SERVICES = ("chess",)


@dataclass
class Media:
    """The truth about a call's media: how long it flowed, and through which relay it flows."""

    client: str
    tariff: Tariff
    flowed_ms: int = 0
    at: str = ""


@dataclass
class Relay:
    """A relay process: its meter, and its own proof counters, both lost in a crash."""

    meter: Meter
    proofs: dict[str, int] = field(default_factory=dict)


def any_tariff(rng: random.Random) -> Tariff:
    """The tariff of a service in this world."""
    return Tariff(
        currency="USD",
        price_micros=rng.choice([300_000, 1_234_567, 6_000_000, 0]),
        period_s=rng.choice([60, 60, 3600]),
        threshold_s=rng.choice([0, 20, 40]),
        threshold_mode=rng.choice(["retroactive", "gift"]),
        initial_s=rng.choice([1, 10]),
        increment_s=rng.choice([1, 7]),
        commission_bps=rng.choice([0, 1999, 10_000]),
        min_minutes=rng.choice([0, 1]),
        version=1,
    )
