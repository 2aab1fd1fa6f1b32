"""Packets may gather for a moment where they come fast, and only there."""

from __future__ import annotations

from mediasrv.relay import BUSY_PER_S, RATE_WINDOW_S, Relay, RelayConfig

WINDOWS = 3
READS = 10  # in a window


def _busy_at(relay: Relay, start: float, per_s: float) -> bool:
    """Whether the relay is busy after some windows in which so many packets a second came."""
    step = RATE_WINDOW_S / READS
    for i in range(1, WINDOWS * READS + 2):
        busy = relay._is_busy(round(per_s * step), start + i * step)
    return busy


def test_a_few_calls_are_never_made_to_wait_and_many_are() -> None:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    assert not _busy_at(relay, 1000.0, BUSY_PER_S / 2)
    assert _busy_at(relay, 1010.0, BUSY_PER_S * 2)
    assert not _busy_at(relay, 1020.0, BUSY_PER_S / 2)


def test_the_first_packet_after_a_silence_does_not_wait() -> None:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    assert _busy_at(relay, 1000.0, BUSY_PER_S * 2)
    assert not relay._is_busy(1, 1060.0)
