"""Line charts as SVG, made a PNG by the tests' Chromium."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser import launch

WIDTH, HEIGHT = 880, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 40, 70, 70
_BASELINE = 5
#: Pixels between two points in which a label has its place.
_ROOM = 44


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic axis from ``low`` to ``high`` with its ticks as (value, text)."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    label: str = ""

    def share(self, value: float) -> float:
        """0 at ``low``, 1 at ``high``."""
        return math.log(value / self.low) / math.log(self.high / self.low)


class Chart:
    """One chart: the frame is drawn at once, lines and texts as they are added."""

    def __init__(self, title: str, x: Axis, y: Axis) -> None:
        self._x, self._y = x, y
        #: Pixels from the left → pixels from the top, text and colour of each label there.
        self._labels: dict[float, list[tuple[float, str, str]]] = {}
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            'font-family="sans-serif" font-size="14" fill="#222">',
            '<rect width="100%" height="100%" fill="#fff"/>',
            f'<text x="{_LEFT}" y="34" font-size="19">{escape(title)}</text>',
        ]
        right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
        for value, text in y.ticks:
            at = self.y(value)
            self._parts.append(
                f'<line x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
            )
            self._text(_LEFT - 10, at + _BASELINE, text, "end")
        for value, text in x.ticks:
            self._text(self.x(value), bottom + 26, text)
        self._text((_LEFT + right) / 2, HEIGHT - 14, x.label)

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return _LEFT + self._x.share(value) * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return HEIGHT - _BOTTOM - self._y.share(value) * (HEIGHT - _BOTTOM - _TOP)

    def guide(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A dashed straight line to compare with."""
        self._parts.append(
            f'<line x1="{self.x(start[0]):.1f}" y1="{self.y(start[1]):.1f}" '
            f'x2="{self.x(end[0]):.1f}" y2="{self.y(end[1]):.1f}" '
            'stroke="#999" stroke-dasharray="6 5"/>'
        )

    def line(self, points: list[tuple[float, float]], colour: str, labels: list[str]) -> None:
        """Points joined by a line, each with a label near it."""
        places = [(self.x(a), self.y(b)) for a, b in points]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
        for (a, b), label in zip(places, labels, strict=True):
            self._parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4.5" fill="{colour}"/>')
            self._labels.setdefault(a, []).append((b, label, colour))

    def legend(self, entries: list[tuple[str, str]]) -> None:
        """(colour, name) side by side under the title."""
        at = float(_LEFT)
        for colour, name in entries:
            self._parts.append(f'<rect x="{at}" y="47" width="22" height="4" fill="{colour}"/>')
            self._text(at + 28, 54, name, "start")
            at += 28 + 7.6 * len(name) + 22

    def svg(self) -> str:
        """The whole picture: over each value of x the highest label is above its point, the lowest
        below, those between below or, where it is narrow, beside theirs."""
        for x, labels in self._labels.items():
            labels.sort()
            lower = [y for y, _, _ in labels[1:]] + [float(HEIGHT)]
            for i, (y, text, colour) in enumerate(labels):
                if i == 0:
                    self._text(x, y - 12, text, colour=colour)
                elif lower[i] - y > _ROOM:
                    self._text(x, y + 21, text, colour=colour)
                else:
                    self._text(x + 9, y + _BASELINE, text, "start", colour=colour)
        self._labels.clear()
        return "".join([*self._parts, "</svg>"])

    def _text(
        self, x: float, y: float, text: str, anchor: str = "middle", *, colour: str = "#222"
    ) -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" '
            'paint-order="stroke" stroke="#fff" stroke-width="3" stroke-linejoin="round">'
            f"{escape(text)}</text>"
        )


def short(value: float) -> str:
    """Three digits are enough in a picture."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


async def write_png(path: Path, svg: str) -> None:
    """Needs Chromium, as the browser tests do."""
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        await page.set_content(f'<body style="margin:0">{svg}</body>')
        await page.screenshot(path=str(path))
        await browser.close()
