"""The charge is exact, cumulative, monotone: compared with a model in fractions."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.errors import OutOfRangeError
from metering.tariff import (
    MAX_SECONDS,
    Tariff,
    affordable_seconds,
    billed_seconds,
    charge_micros,
    free_seconds,
    hold_micros,
    platform_micros,
    provider_micros,
)

tariffs = st.builds(
    Tariff,
    currency=st.just("USD"),
    price_micros=st.one_of(st.integers(0, 5_000_000), st.integers(0, 10**12)),
    period_s=st.sampled_from([60, 3600]),
    threshold_s=st.one_of(st.just(60), st.integers(0, 400)),
    threshold_mode=st.sampled_from(["retroactive", "gift"]),
    initial_s=st.one_of(st.sampled_from([1, 60]), st.integers(1, 400)),
    increment_s=st.one_of(st.sampled_from([1, 60]), st.integers(1, 400)),
    commission_bps=st.one_of(st.just(2000), st.integers(0, 10_000)),
    min_minutes=st.integers(0, 10),
    version=st.integers(0, 1000),
)


def model(tariff: Tariff, seconds: int) -> tuple[Fraction, Fraction]:
    """Charge and platform part by the definition, in exact fractions."""
    counted = Fraction(seconds)
    if tariff.threshold_mode == "gift":
        counted -= tariff.threshold_s
    if seconds <= tariff.threshold_s:
        billed = Fraction(0)
    else:
        over = max(Fraction(0), counted - tariff.initial_s)
        steps = ceil(over / tariff.increment_s)
        billed = Fraction(tariff.initial_s + steps * tariff.increment_s)
    charged = Fraction(floor(Fraction(tariff.price_micros) * billed / tariff.period_s))
    return charged, Fraction(floor(charged * Fraction(tariff.commission_bps, 10_000)))


@settings(max_examples=800, deadline=None)
@given(tariffs, st.lists(st.integers(0, 4000), min_size=1, max_size=12))
def test_any_path_of_ticks_adds_up_to_the_model(tariff: Tariff, steps: list[int]) -> None:
    client = platform = provider = at = 0
    for step in steps:
        before, at = at, at + step
        due = charge_micros(tariff, at) - charge_micros(tariff, before)
        fee = platform_micros(tariff, at) - platform_micros(tariff, before)
        share = provider_micros(tariff, at) - provider_micros(tariff, before)
        assert due >= 0
        assert fee >= 0
        assert share >= 0
        client, platform, provider = client + due, platform + fee, provider + share
    assert (client, platform) == model(tariff, at)
    assert client == platform + provider


@settings(max_examples=500, deadline=None)
@given(tariffs, st.integers(0, 2**53 - 1))
def test_affordable_is_the_last_second_the_money_pays_for(tariff: Tariff, money: int) -> None:
    seconds = affordable_seconds(tariff, money)
    if tariff.price_micros == 0:
        assert seconds is None
        return
    assert seconds is not None
    assert charge_micros(tariff, seconds) <= money
    assert seconds == MAX_SECONDS or charge_micros(tariff, seconds + 1) > money


def test_second_sixty_is_free_and_second_sixty_one_costs_sixty_one(tariff: Tariff) -> None:
    assert charge_micros(tariff, 60) == 0
    assert charge_micros(tariff, 61) == 300_000 * 61 // 60
    assert free_seconds(tariff, 60) == 60
    assert free_seconds(tariff, 61) == 0


def test_a_gift_is_never_charged() -> None:
    gift = Tariff("USD", 600_000, 60, 60, "gift", 1, 1, 0, 2, 1)
    assert charge_micros(gift, 61) == 10_000
    assert free_seconds(gift, 300) == 60


@pytest.mark.parametrize(
    ("initial", "increment", "seconds", "billed"),
    [(60, 1, 61, 61), (60, 1, 30, 60), (60, 60, 61, 120), (60, 60, 120, 120), (30, 6, 31, 36)],
)
def test_increments_round_up_once_not_every_tick(
    initial: int, increment: int, seconds: int, billed: int
) -> None:
    tariff = Tariff("USD", 300_000, 60, 0, "retroactive", initial, increment, 0, 2, 1)
    assert billed_seconds(tariff, seconds) == billed


def test_an_hourly_price_is_per_hour() -> None:
    hourly = Tariff("USD", 36_000_000, 3600, 0, "retroactive", 1, 1, 0, 2, 1)
    assert charge_micros(hourly, 1) == 10_000


def test_the_hold_covers_the_prepaid_minutes_and_the_first_charged_second(tariff: Tariff) -> None:
    assert hold_micros(tariff) == 600_000
    probing = Tariff("USD", 300_000, 60, 300, "retroactive", 1, 1, 0, 2, 1)
    assert hold_micros(probing) == charge_micros(probing, 301)


@given(tariffs)
def test_a_tariff_survives_packing_and_its_hash_names_it(tariff: Tariff) -> None:
    again = Tariff.unpack(tariff.pack())
    assert again == tariff
    assert again.hash == tariff.hash
    assert len(tariff.hash) == 12


@pytest.mark.parametrize(
    "changes",
    [
        {"price_micros": -1},
        {"price_micros": 10**12 + 1},
        {"period_s": 61},
        {"threshold_mode": "maybe"},
        {"increment_s": 0},
        {"commission_bps": 10_001},
        {"threshold_s": True},
    ],
)
def test_impossible_tariffs_are_refused(changes: dict[str, object], tariff: Tariff) -> None:
    row = {**tariff.__dict__, **changes}
    row.pop("hash", None)
    with pytest.raises(OutOfRangeError):
        Tariff(**row)  # type: ignore[arg-type]


def test_bytes_that_are_no_tariff_are_refused() -> None:
    with pytest.raises(OutOfRangeError):
        Tariff.unpack(b"\x93\x01\x02\x03")
    with pytest.raises(OutOfRangeError):
        Tariff.unpack(b"\xc1")
