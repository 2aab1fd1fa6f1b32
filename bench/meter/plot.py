"""Draws the growth of a round of ticks as a PNG."""

from __future__ import annotations

import math
from pathlib import Path

from bench.plot import Axis, Chart, short, write_png


def svg(points: list[tuple[int, float]]) -> str:
    """Both axes logarithmic: linear growth is a straight line of slope one (dashed)."""
    ms = [(float(calls), seconds * 1000) for calls, seconds in points]
    decades = range(
        math.floor(math.log10(min(y for _, y in ms))),
        math.ceil(math.log10(max(y for _, y in ms))) + 1,
    )
    low_y, high_y = 10.0 ** decades[0], 10.0 ** decades[-1]
    (first, _), (last, top) = ms[0], ms[-1]
    chart = Chart(
        "Time to charge every live call once (log synced every second)",
        Axis(first, last, tuple((x, f"{x:,.0f}") for x, _ in ms), "live calls"),
        Axis(low_y, high_y, tuple((10.0**d, f"{10**d:,g} ms") for d in decades)),
    )
    start = max(first, low_y * last / top)
    chart.guide((start, top * start / last), (last, top))
    chart.line(ms, "#1a6b54", [f"{short(y)} ms" for _, y in ms])
    return chart.svg()


async def draw(path: Path, points: list[tuple[int, float]]) -> None:
    """Writes the PNG: seconds by number of calls."""
    await write_png(path, svg(points))
