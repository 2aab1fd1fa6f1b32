"""A person with a pocket calculator gets from the printed workings to the printed results."""

import re
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from admin_web.history.arithmetic import Line, receipt_lines
from metering import tariff as tariffs
from metering.money import format_amount, parse_amount
from metering.tariff import Tariff

TARIFFS = st.builds(
    Tariff,
    currency=st.just("USD"),
    price_micros=st.integers(0, 50_000_000),
    period_s=st.sampled_from((60, 3600)),
    threshold_s=st.sampled_from((0, 10, 60, 120)),
    threshold_mode=st.sampled_from(("retroactive", "gift")),
    initial_s=st.sampled_from((1, 30, 60)),
    increment_s=st.sampled_from((1, 6, 60)),
    commission_bps=st.integers(0, 10_000),
    min_minutes=st.just(2),
    version=st.just(1),
)


def receipt_of(tariff: Tariff, connected_s: int, before: int, added: int = 0) -> dict[str, Any]:
    charged = tariffs.charge_micros(tariff, connected_s)
    return {
        "connected_s": connected_s,
        "billed_s": tariffs.billed_seconds(tariff, connected_s),
        "intervals": [[0, connected_s * 1000]],
        "charged_micros": charged,
        "commission_micros": tariffs.platform_micros(tariff, connected_s),
        "provider_micros": tariffs.provider_micros(tariff, connected_s),
        "balance_before_micros": before,
        "balance_after_micros": before - charged + added,
    }


def lines_of(tariff: Tariff, connected_s: int, side: str, added: int = 0) -> dict[str, Line]:
    view = {
        "price_micros": tariff.price_micros,
        "period_s": tariff.period_s,
        "threshold_s": tariff.threshold_s,
        "threshold_mode": tariff.threshold_mode,
        "increments": [tariff.initial_s, tariff.increment_s],
        "commission_bps": tariff.commission_bps,
    }
    receipt = receipt_of(tariff, connected_s, 10**12, added)
    lines = receipt_lines(receipt, view, side=side, money=format_amount)
    return {line.text: line for line in lines}


def calculate(working: str) -> Fraction:
    """What the calculator shows for the arithmetic in a working."""
    sum_text = re.sub(r"[^0-9.×÷+−% ]", "", working.split(",", maxsplit=1)[0]).strip()
    sum_text = re.sub(r"([0-9.]+)%", r"\1 ÷ 100", sum_text)
    tokens = re.findall(r"[0-9.]+|[×÷+−]", sum_text)
    total = Fraction(tokens[0])
    for sign, number in zip(tokens[1::2], tokens[2::2], strict=True):
        value = Fraction(number)
        match sign:
            case "×":
                total *= value
            case "÷":
                total /= value
            case "+":
                total += value
            case "−":
                total -= value
    return total


def floored_micros(amount: Fraction) -> int:
    return floor(amount * 1_000_000)


@given(TARIFFS, st.integers(0, 10_000))
def test_price_times_billed_seconds_is_the_charge(tariff: Tariff, connected_s: int) -> None:
    line = lines_of(tariff, connected_s, "client")["Charge"]
    if tariff.price_micros == 0:
        assert line.working == "a free call"
    else:
        assert floored_micros(calculate(line.working)) == parse_amount(line.result)


@given(TARIFFS, st.integers(0, 10_000))
def test_charge_times_commission_is_the_platforms_part(tariff: Tariff, connected_s: int) -> None:
    lines = lines_of(tariff, connected_s, "provider")
    commission = lines["Commission of the platform"]
    share = lines["Share of the provider"]
    assert floored_micros(calculate(commission.working)) == parse_amount(commission.result)
    assert floored_micros(calculate(share.working)) == parse_amount(share.result)


@given(TARIFFS, st.integers(0, 10_000), st.sampled_from((0, 5_000_000)))
def test_balance_before_less_the_charge_is_the_balance_after(
    tariff: Tariff, connected_s: int, added: int
) -> None:
    line = lines_of(tariff, connected_s, "client", added)["Balance after the call"]
    assert floored_micros(calculate(line.working)) == parse_amount(line.result)
    assert ("top-ups" in line.working) == bool(added)


def test_a_client_is_not_shown_the_commission() -> None:
    tariff = Tariff("USD", 300_000, 60, 60, "retroactive", 1, 1, 1500, 2, 1)
    assert "Commission of the platform" not in lines_of(tariff, 100, "client")
    assert "Balance after the call" not in lines_of(tariff, 100, "provider")


def test_the_step_over_the_free_start_is_explained() -> None:
    tariff = Tariff("USD", 300_000, 60, 60, "retroactive", 1, 1, 1500, 2, 1)
    within = lines_of(tariff, 60, "client")
    assert within["Seconds billed"].working == "60 s is within the 60 s to decide: not charged"
    assert within["Charge"].result == "0.00"
    beyond = lines_of(tariff, 61, "client")
    assert (
        beyond["Seconds billed"].working == "61 s is more than 60 s: charged from the first second"
    )
    assert beyond["Charge"].result == "0.305"


def test_steps_of_a_minute_are_shown_as_a_sum() -> None:
    tariff = Tariff("USD", 600_000, 60, 0, "retroactive", 60, 30, 1500, 2, 1)
    line = lines_of(tariff, 61, "client")["Seconds billed"]
    assert line.working == "in steps: 60 + 1 × 30 = 90"
    assert line.result == "90 s"
