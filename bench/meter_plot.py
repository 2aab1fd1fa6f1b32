"""Draws the growth of a round of ticks as a PNG: an SVG, rendered by the tests' Chromium."""

from __future__ import annotations

import math
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser import launch

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 880, 520, 90, 70, 70, 40


def svg(points: list[tuple[int, float]]) -> str:
    """Both axes logarithmic: linear growth is a straight line of slope one (dashed)."""
    xs = [math.log10(calls) for calls, _ in points]
    ys = [math.log10(seconds * 1000) for _, seconds in points]
    low_y, high_y = math.floor(min(ys)), math.ceil(max(ys))

    def x(value: float) -> float:
        return LEFT + (value - xs[0]) / (xs[-1] - xs[0]) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low_y) / (high_y - low_y) * (HEIGHT - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="14" fill="#222">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{LEFT}" y="34" font-size="19">Time to charge every live call once '
        "(log synced every second)</text>",
    ]
    for decade in range(low_y, high_y + 1):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(decade)}" y2="{y(decade)}" '
            f'stroke="#ddd"/><text x="{LEFT - 10}" y="{y(decade) + 5}" text-anchor="end">'
            f"{10**decade:,g} ms</text>"
        )
    for calls, _ in points:
        at = x(math.log10(calls))
        parts.append(
            f'<text x="{at}" y="{HEIGHT - BOTTOM + 26}" text-anchor="middle">{calls:,}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">'
        "live calls</text>"
    )
    anchor = ys[-1] - xs[-1]
    start = max(xs[0], low_y - anchor)
    parts.append(
        f'<line x1="{x(start)}" y1="{y(start + anchor)}" x2="{x(xs[-1])}" y2="{y(ys[-1])}" '
        'stroke="#999" stroke-dasharray="6 5"/>'
    )
    path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(xs, ys, strict=True))
    parts.append(f'<polyline points="{path}" fill="none" stroke="#1a6b54" stroke-width="2.5"/>')
    for a, b, (_, seconds) in zip(xs, ys, points, strict=True):
        parts.append(
            f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="4.5" fill="#1a6b54"/>'
            f'<text x="{x(a):.1f}" y="{y(b) - 12:.1f}" text-anchor="middle">'
            f"{_short(seconds * 1000)} ms</text>"
        )
    return "".join([*parts, "</svg>"])


def _short(ms: float) -> str:
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


async def draw(path: Path, points: list[tuple[int, float]]) -> None:
    """Writes the PNG. Needs Chromium, as the browser tests do."""
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        await page.set_content(f'<body style="margin:0">{svg(points)}</body>')
        await page.screenshot(path=str(path))
        await browser.close()
