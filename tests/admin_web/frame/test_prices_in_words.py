"""What is free and when charging starts, in sentences a person reads before the click."""

from typing import Any

import pytest

from admin_web.frame import formats, words


def tariff(**changes: Any) -> dict[str, Any]:
    return {
        "price_micros": 300_000,
        "threshold_s": 60,
        "threshold_mode": "retroactive",
        "increments": [1, 1],
    } | changes


def test_the_minute_to_decide_and_its_catch_are_said_together() -> None:
    assert words.free_rule(tariff()) == (
        "60 seconds to decide: hang up in time and pay nothing. "
        "Talk on and the call is charged from the first second."
    )


def test_a_gift_stays_free() -> None:
    assert words.free_rule(tariff(threshold_mode="gift", threshold_s=120)) == (
        "The first 2 minutes are free. Charging starts after them."
    )


def test_a_used_up_free_start_is_told_before_the_call() -> None:
    assert "charged from the first second" in words.free_rule(tariff(), free_probe=False)
    gift = tariff(threshold_mode="gift")
    assert "already used your free start" in words.free_rule(gift, free_probe=False)
    assert "free" not in words.free_rule(tariff(), free_probe=False)


def test_a_free_service_never_speaks_of_charging() -> None:
    free = tariff(price_micros=0)
    assert words.free_rule(free, free_probe=False) == "This call is free."
    assert words.increments_rule(free) == ""


@pytest.mark.parametrize(
    ("increments", "sentence"),
    [
        ([1, 1], "Billed by the second."),
        ([60, 60], "Billed in steps of 60 seconds."),
        ([60, 1], "At least 60 seconds are billed, then in steps of 1 second."),
    ],
)
def test_rounding_of_time_is_said(increments: list[int], sentence: str) -> None:
    assert words.increments_rule(tariff(increments=increments)) == sentence


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (119, "1 minute"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
    ],
)
def test_what_a_balance_buys_is_rounded_down(seconds: int, text: str) -> None:
    assert words.talk_time(seconds) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (300_000, "$0.30"),
        (305_000, "$0.305"),
        (1, "$0.000001"),
        (0, "$0.00"),
        (-925_000, "−$0.925"),
        (1_234_567_890_000, "$1,234,567.89"),
        (9_007_199_254_740_991, "$9,007,199,254.740991"),
    ],
)
def test_where_a_sum_is_worked_out_it_is_shown_to_the_last_micro_unit(
    micros: int, text: str
) -> None:
    assert formats.exact(micros, "USD") == text


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (305_000, "USD", "$0.30"),
        (-305_000, "USD", "−$0.31"),
        (9_999, "USD", "$0.00"),
        (1_234_567_899_999, "USD", "$1,234,567.89"),
        (1_999_999, "JPY", "¥1"),
        (1_234_567, "KWD", "KWD1.234"),
    ],
)
def test_a_page_shows_whole_coins_and_never_more_than_there_is(
    micros: int, currency: str, text: str
) -> None:
    assert formats.money(micros, currency) == text


@pytest.mark.parametrize("before", [10_000_000, 24_685_000, 1])
@pytest.mark.parametrize("charged", [0, 1, 5_000, 305_000, 999_999])
def test_what_was_charged_is_what_the_balance_shown_fell_by(before: int, charged: int) -> None:
    def cents(text: str) -> int:
        return round(100 * float(text.replace("$", "").replace("−", "-")))

    left = before - charged
    fell = cents(formats.money(before, "USD")) - cents(formats.money(left, "USD"))
    assert cents(formats.charge(charged, "USD", left)) == fell
    assert abs(fell * 10_000 - charged) < 10_000


def test_a_charge_without_its_balance_is_rounded_up() -> None:
    assert formats.charge(305_000, "USD") == "$0.31"
    assert formats.charge(310_000, "USD") == "$0.31"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("en", "English"),
        ("RU", "Russian"),
        ("English", "English"),
        ("zz", "zz"),
        ("日本語", "日本語"),
    ],
)
def test_codes_of_languages_are_spelt_out(written: str, shown: str) -> None:
    assert words.language_name(written) == shown


def test_durations_look_like_a_clock() -> None:
    assert [formats.clock(s) for s in (0, 75, 3675)] == ["0:00", "1:15", "1:01:15"]
