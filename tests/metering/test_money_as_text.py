"""Money is read from decimal strings exactly, or refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.money import MAX_MICROS, AmountError, format_amount, parse_amount


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0.30", 300_000),
        ("12", 12_000_000),
        ("0.000001", 1),
        (" 1.5 ", 1_500_000),
        ("+2", 2_000_000),
    ],
)
def test_decimal_strings_become_micro_units(text: str, micros: int) -> None:
    assert parse_amount(text) == micros


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1,50",
        "1e3",
        "NaN",
        "inf",
        "0x10",
        "1.0000001",
        "-1",
        "9007199254.740993",
        "१",
        "1_0",
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(AmountError, match=r"\.$"):
        parse_amount(text)


def test_negative_sums_need_permission() -> None:
    assert parse_amount("-1.25", allow_negative=True) == -1_250_000


def test_a_scale_of_cents_takes_two_digits() -> None:
    assert parse_amount("1.25", scale=100) == 125
    with pytest.raises(AmountError):
        parse_amount("1.255", scale=100)


@given(st.integers(-MAX_MICROS, MAX_MICROS))
def test_written_and_read_again_nothing_is_lost(micros: int) -> None:
    text = format_amount(micros)
    assert parse_amount(text, allow_negative=True) == micros
    assert len(text.partition(".")[2]) >= 2
