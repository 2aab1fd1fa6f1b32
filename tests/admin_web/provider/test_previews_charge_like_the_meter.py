"""What a provider sees while typing a price is what the meter will charge, to the micro-unit."""

import random

from playwright.async_api import Page

from metering import tariff as tariffs
from metering.tariff import Tariff

PREVIEW = """async (cases) => {
  const { shares } = await import("/static/frame/lib/tariff.js");
  return cases.map(([tariff, seconds]) => {
    const { charge, platform, provider } = shares(tariff, seconds);
    return [charge, platform, provider].map(String);
  });
}"""


async def test_the_preview_and_the_meter_agree(scripts: Page) -> None:
    chance = random.Random(20)
    cases: list[tuple[Tariff, int]] = []
    for _ in range(2_000):
        tariff = Tariff(
            currency="USD",
            price_micros=chance.choice((0, 1, 300_000, 333_333, chance.randrange(10**12))),
            period_s=chance.choice((60, 3600)),
            threshold_s=chance.choice((0, 10, 60, 120)),
            threshold_mode=chance.choice(("retroactive", "gift")),
            initial_s=chance.choice((1, 30, 60)),
            increment_s=chance.choice((1, 6, 60)),
            commission_bps=chance.choice((0, 1, 1500, 9_999, 10_000)),
            min_minutes=2,
            version=1,
        )
        cases.append((tariff, chance.choice((0, 1, 59, 60, 61, 119, chance.randrange(100_000)))))
    shown = await scripts.evaluate(PREVIEW, [(_view(tariff), seconds) for tariff, seconds in cases])
    charged = [
        [
            str(tariffs.charge_micros(tariff, seconds)),
            str(tariffs.platform_micros(tariff, seconds)),
            str(tariffs.provider_micros(tariff, seconds)),
        ]
        for tariff, seconds in cases
    ]
    assert shown == charged


def _view(tariff: Tariff) -> dict[str, object]:
    return {
        "price_micros": tariff.price_micros,
        "period_s": tariff.period_s,
        "threshold_s": tariff.threshold_s,
        "threshold_mode": tariff.threshold_mode,
        "increments": [tariff.initial_s, tariff.increment_s],
        "commission_bps": tariff.commission_bps,
    }
