"""Working hours: for each day of the week, stretches of time in the provider's zone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STRETCHES_MAX = 6  # in one day

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")

Hours = dict[str, list[tuple[str, str]]]


def check_hours(hours: Mapping[str, Sequence[tuple[str, str]]]) -> Hours:
    """Every day of the week with its stretches in order. Raises ValueError with a sentence."""
    unknown = set(hours) - set(DAYS)
    if unknown:
        raise ValueError(f"“{min(unknown)}” is not a day; the days are {', '.join(DAYS)}.")
    return {day: _check_day(hours.get(day, ())) for day in DAYS}


def _check_day(stretches: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    if len(stretches) > STRETCHES_MAX:
        raise ValueError(f"A day has at most {STRETCHES_MAX} stretches of working hours.")
    ordered = sorted(stretches, key=lambda stretch: _minute(stretch[0]))
    end = 0
    for start, stop in ordered:
        if _minute(start) >= _minute(stop):
            raise ValueError(f"{start}–{stop} ends before it starts.")
        if _minute(start) < end:
            raise ValueError(f"{start}–{stop} overlaps the stretch before it.")
        end = _minute(stop)
    return ordered


def _minute(text: str) -> int:
    if text == "24:00":
        return 24 * 60
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"“{text}” is not a time of day; write it as 09:30.")
    return int(match[1]) * 60 + int(match[2])
