"""Scripts show amounts exactly, read what people type, and say times in words."""

from typing import Any

from playwright.async_api import Page


async def call(page: Page, module: str, expression: str) -> Any:
    return await page.evaluate(
        f"async () => {{ const m = await import('/static/frame/lib/{module}.js');"
        f" return {expression}; }}"
    )


async def test_a_worked_out_sum_is_exact_and_never_under_two_decimals(scripts: Page) -> None:
    micros = [300_000, 305_000, 1, 0, -925_000, 9_007_199_254_740_991]
    shown = await call(scripts, "money", f"{micros}.map((n) => m.exact(n))")
    assert shown == [
        "$0.30",
        "$0.305",
        "$0.000001",
        "$0.00",
        "-$0.925",
        "$9,007,199,254.740991",
    ]


async def test_amounts_on_a_page_are_whole_coins_rounded_down(scripts: Page) -> None:
    micros = [1_999_999, 305_000, 300_000, 0, -925_000, -1]
    shown = await call(scripts, "money", f"{micros}.map((n) => m.money(n))")
    assert shown == ["$1.99", "$0.30", "$0.30", "$0.00", "-$0.93", "-$0.01"]


async def test_a_charge_is_what_the_balance_shown_falls_by(scripts: Page) -> None:
    shown = await call(scripts, "money", "[m.charge(315_000, 24_685_000), m.charge(305_000)]")
    assert shown == ["$0.32", "$0.31"]


async def test_what_people_type_is_read_or_refused(scripts: Page) -> None:
    typed = '["0.30", " 1,5 ", ".5", "2.", "", ".", "1e3", "-1", "1.2.3", "0.1234567", "abc"]'
    read = await call(scripts, "money", f"{typed}.map(m.parseMoney)")
    assert read == [
        300_000,
        1_500_000,
        500_000,
        2_000_000,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    ]


async def test_durations_on_a_clock_and_in_words(scripts: Page) -> None:
    shown = await call(
        scripts, "time", "[0, 75, 3600, 3720].map((s) => [m.clock(s), m.duration(s)])"
    )
    assert shown == [
        ["0:00", "0 s"],
        ["1:15", "1 min 15 s"],
        ["1:00:00", "1 h"],
        ["1:02:00", "1 h 2 min"],
    ]


HOURS = """async ([viewer, zone, day, from, to, now]) => {
  const { intervalIn } = await import("/static/public/zone.js");
  const { from: start, to: end } = intervalIn(viewer, zone, day, from, to, now);
  return [start.day, start.time, end.day, end.time];
}"""
WINTER = 1_768_478_400_000  # Thursday 15 January 2026, 12:00 UTC
BEFORE_SPRING = 1_774_612_800_000  # Friday 27 March 2026, 12:00 UTC; Berlin changes on the 29th


SHIFTS = [
    (["America/New_York", "Europe/Berlin", 0, "09:00", "17:00", WINTER], [0, "03:00", 0, "11:00"]),
    # Late evening in Berlin is already the next day in Tokyo.
    (["Asia/Tokyo", "Europe/Berlin", 6, "18:00", "24:00", WINTER], [0, "02:00", 0, "08:00"]),
    (["Asia/Kathmandu", "UTC", 2, "00:00", "01:00", WINTER], [2, "05:45", 2, "06:45"]),
    # The coming Monday is after the change of clocks: an hour earlier in UTC than this week.
    (["UTC", "Europe/Berlin", 0, "09:00", "17:00", BEFORE_SPRING], [0, "07:00", 0, "15:00"]),
    (["UTC", "Europe/Berlin", 5, "09:00", "17:00", BEFORE_SPRING], [5, "08:00", 5, "16:00"]),
]


async def test_working_hours_in_the_viewers_zone(scripts: Page) -> None:
    for shift, expected in SHIFTS:
        assert await scripts.evaluate(HOURS, shift) == expected, shift
