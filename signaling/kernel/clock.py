"""The wall clock, which is handed to whoever needs the time."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]  # Unix time in milliseconds


def wall_clock_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000
