"""Draws CPU per relayed packet against load, all systems in one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.plot import Axis, Chart, short, write_png
from bench.relay.measure import DISTURBED

#: Name and colour, told apart by everyone and in print.
_STYLES = {
    "mediarelay": ("aiortc MediaRelay", "#b3541e"),
    "janus": ("Janus", "#7b4fa3"),
    "tipmeet": ("TipMeet", "#1a6b54"),
    "floor": ("C floor", "#555555"),
}
_STEPS = [10**d * s for d in range(6) for s in (1, 2, 5)]


def svg(rows: list[dict[str, Any]]) -> str:
    """Both axes logarithmic. A system's own load, where it was given less, is where it stands."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name in _STYLES:
            if row.get(name) is not None:
                at = float(row[name].get("pps", row["pps"]))
                lines.setdefault(name, []).append((at, row[name]["us_per_packet"]))
    # A system that is given the same smaller load in several rows stands there once.
    lines = {name: sorted(dict(points).items()) for name, points in lines.items()}
    if not lines:
        raise ValueError("nothing was measured")
    xs = sorted({x for points in lines.values() for x, _ in points})
    ys = [y for points in lines.values() for _, y in points]
    low = max((s for s in _STEPS if s <= min(ys) / 1.3), default=1)
    high = min((s for s in _STEPS if s >= max(ys) * 1.2), default=_STEPS[-1])
    title = "CPU per relayed packet, µs, against load"
    disturbed = sum(
        (row.get(name) or {}).get("others_share", 0) > DISTURBED for row in rows for name in lines
    )
    if disturbed:
        title += f" ({disturbed} of the points disturbed by other processes)"
    chart = Chart(
        title,
        Axis(xs[0] / 1.2, xs[-1] * 1.2, tuple((x, f"{x:,.0f}") for x in xs), "packets a second"),
        Axis(low, high, tuple((s, f"{s:,} µs") for s in _STEPS if low <= s <= high)),
    )
    present = [name for name in _STYLES if name in lines]
    chart.legend([(_STYLES[name][1], _STYLES[name][0]) for name in present])
    for name in present:
        _, colour = _STYLES[name]
        chart.line(lines[name], colour, [short(y) for _, y in lines[name]])
    return chart.svg()


async def draw(path: Path, rows: list[dict[str, Any]]) -> None:
    """Writes the PNG of the benchmark's rows."""
    await write_png(path, svg(rows))
