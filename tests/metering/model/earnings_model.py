"""A provider's money as the model of the state machine knows it, to the micro-unit."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class EarningsModel:
    """EarningsModel of calls wait for their day, or longer while a report holds them; then they are
    available and may be paid out."""

    window_ms: int
    available: int = 0
    paid: int = 0
    waiting: dict[str, int] = field(default_factory=dict)  # call → what is pending of it
    day_ms: dict[str, int] = field(default_factory=dict)  # call → when it may become available
    reported: set[str] = field(default_factory=set)

    @property
    def pending(self) -> int:
        return sum(self.waiting.values())

    @property
    def held(self) -> int:
        return sum(self.waiting.get(call, 0) for call in self.reported)

    def arrive(self, call: str, share: int, now_ms: int) -> None:
        if share:
            self.waiting[call], self.day_ms[call] = share, now_ms + self.window_ms

    def claw_back(self, call: str, amount: int) -> None:
        if call in self.waiting:
            self.waiting[call] -= amount
        else:
            self.available -= amount

    def release(self, now_ms: int) -> None:
        """What waited long enough and is not held."""
        for call in self.waiting.keys() - self.reported:
            if self.day_ms[call] <= now_ms:
                self.available += self.waiting.pop(call)

    def free(self, call: str, now_ms: int) -> None:
        self.reported.discard(call)
        if self.waiting.get(call) and self.day_ms[call] <= now_ms:
            self.release(now_ms)
