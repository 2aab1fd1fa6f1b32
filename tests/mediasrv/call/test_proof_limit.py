"""The proof stops at its limit to the millisecond, whatever the limit."""

from __future__ import annotations

import pytest

from mediasrv.call.proof import ProofCounter


@pytest.mark.parametrize("limit_ms", [1, 999, 1001, 4766, 8193, 16_385, 100_003])
def test_the_limit_is_reached_exactly(limit_ms: int) -> None:
    # 1001 / 1000 * 1000 is 1000.99…: a limit kept in seconds would never be reached.
    proof = ProofCounter()
    proof.set_limit_ms(limit_ms)
    for presence in proof.sides:
        presence.silence_ended(7.3)
    for step in range(1, limit_ms // 20 + 3):
        for presence in proof.sides:
            presence.heard = 7.3 + step * 0.02
        proof.read_ms()
    assert proof.read_ms() == limit_ms
    assert proof.exhausted
