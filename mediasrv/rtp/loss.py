"""The share of packets lost over the last seconds, from counters that only rise."""

from __future__ import annotations

from collections import deque

#: Seconds of history; short enough to show trouble, long enough not to flicker.
WINDOW = 5


class LossWindow:
    """Fraction lost between now and ``WINDOW`` samples ago."""

    __slots__ = ("_samples",)

    def __init__(self) -> None:
        self._samples: deque[tuple[int, int]] = deque(maxlen=WINDOW + 1)

    def sample(self, expected: int, lost: int) -> None:
        """One reading of the cumulative counters: packets ``expected``, packets ``lost``.

        A falling one starts anew.
        """
        if self._samples and expected < self._samples[-1][0]:
            self._samples.clear()
        self._samples.append((expected, lost))

    @property
    def counts(self) -> tuple[int, int]:
        """Packets expected and lost in the window; late arrivals can not make it negative."""
        if len(self._samples) < 2:
            return 0, 0
        (old_expected, old_lost), (expected, lost) = self._samples[0], self._samples[-1]
        return expected - old_expected, max(0, lost - old_lost)


def fraction(windows: list[LossWindow]) -> float:
    """Loss over several streams together, 0 to 1."""
    expected = sum(w.counts[0] for w in windows)
    lost = sum(w.counts[1] for w in windows)
    return min(1.0, lost / expected) if expected > 0 else 0.0
