"""Counts of refused datagrams by kind; bounded, since kinds are literals of this package."""

from __future__ import annotations

from collections import Counter


class Counters:
    """``dropped`` by kind, and all packets through the relay."""

    __slots__ = ("dropped", "packets_in", "packets_out")

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self.packets_in = 0
        self.packets_out = 0

    def drop(self, kind: str) -> None:
        """One refused datagram. Never logged: a flood must not fill the log."""
        self.dropped[kind] += 1
