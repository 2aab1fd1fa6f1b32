"""The relay learns what a receiver's hop carries, and only a queue or heavy loss lowers it."""

from __future__ import annotations

import random
from collections import deque

from mediasrv.rtcp.arrival_log import ArrivalLog
from mediasrv.rtcp.downlink import HISTORY, MIN_BPS, Downlink
from mediasrv.rtcp.transport_cc import read_feedback

FEEDBACK_S = 0.1
#: The receiver's clock has nothing to do with the relay's.
CLOCK_OFFSET_S = 40_000.0


class Hop:
    """A sender that does as it is told, and a receiver behind a narrow, lossy, jittery path."""

    def __init__(
        self,
        *,
        bps: float = 1e9,
        queue_bytes: int = 10_000,
        loss: float = 0.0,
        jitter: float = 0.0,
        delay: float = 0.02,
        wanted_bps: int = 1_500_000,
        seed: int = 1,
    ) -> None:
        self.downlink = Downlink()
        self.bps, self.queue_bytes, self.loss = bps, queue_bytes, loss
        self.jitter, self.delay, self.wanted_bps = jitter, delay, wanted_bps
        self.now = 500.0
        self.worst_queue_s = 0.0
        self._random = random.Random(seed)
        self._log = ArrivalLog()
        self._free_at = 0.0
        self._waiting: deque[tuple[float, int]] = deque()
        self._credit = 0.0

    def run(self, seconds: float) -> None:
        end, feedback_at = self.now + seconds, self.now
        while self.now < end:
            self.now += 0.005
            limit = self.downlink.limit_bps
            rate = self.wanted_bps if limit is None else min(limit, self.wanted_bps)
            self._credit += rate / 8 * 0.005
            while self._credit >= 1000:
                self._credit -= 1000
                self._send(1000)
            while self._waiting and self._waiting[0][0] <= self.now:
                at, number = self._waiting.popleft()
                self._log.note(number, at + CLOCK_OFFSET_S)
            if self.now >= feedback_at:
                feedback_at += FEEDBACK_S
                for packet in self._log.feedback(1, 2):
                    told = read_feedback(packet)
                    assert told is not None
                    self.downlink.feedback(told, self.now)

    def _send(self, size: int) -> None:
        packet = memoryview(bytearray(20))
        self.downlink.put(packet, 4, size, self.now)
        number = int.from_bytes(packet[4:6])
        self._free_at = max(self._free_at, self.now)
        queue_s = self._free_at - self.now
        self.worst_queue_s = max(self.worst_queue_s, queue_s)
        if queue_s * self.bps / 8 > self.queue_bytes or self._random.random() < self.loss:
            return
        self._free_at += 8 * size / self.bps
        at = self._free_at + self.delay + self._random.random() * self.jitter
        # A path does not reorder a stream much: later packets wait for earlier ones.
        if self._waiting:
            at = max(at, self._waiting[-1][0])
        self._waiting.append((at, number))


def test_a_wide_hop_is_never_limited() -> None:
    hop = Hop(wanted_bps=2_500_000)
    hop.run(20)
    assert hop.downlink.limit_bps is None
    assert abs(hop.downlink.rate_bps() - 2_500_000) < 100_000


def test_random_loss_and_jitter_are_no_congestion() -> None:
    for loss, jitter in ((0.05, 0.0), (0.1, 0.02), (0.0, 0.05), (0.1, 0.05)):
        hop = Hop(loss=loss, jitter=jitter)
        hop.run(30)
        assert hop.downlink.limit_bps is None, (loss, jitter)


def test_a_bottleneck_is_found_within_three_seconds_and_used_well() -> None:
    for bps in (200_000, 300_000, 1_000_000):
        hop = Hop(bps=bps, queue_bytes=int(bps / 8 * 0.3))
        hop.run(3)
        limit = hop.downlink.limit_bps
        assert limit is not None
        assert limit < 1.15 * bps
        rates = []
        for _ in range(20):
            hop.run(1)
            rates.append(hop.downlink.rate_bps())
        assert sum(rates) / 20 > 0.75 * bps


def test_a_bottleneck_that_opens_is_used_again() -> None:
    hop = Hop(bps=300_000)
    hop.run(5)
    hop.bps = 1e9
    hop.run(30)
    limit = hop.downlink.limit_bps
    assert limit is not None
    assert limit > 1_200_000


def test_a_bottleneck_with_hardly_a_queue_is_found_by_its_losses() -> None:
    hop = Hop(bps=300_000, queue_bytes=1500)
    hop.run(5)
    limit = hop.downlink.limit_bps
    assert limit is not None
    assert limit < 400_000


def test_a_longer_path_is_not_taken_for_a_queue_for_ever() -> None:
    hop = Hop(wanted_bps=800_000)
    hop.run(5)
    hop.delay = 0.2
    hop.run(40)
    limit = hop.downlink.limit_bps
    assert limit is None or limit > 500_000


def test_the_receivers_own_estimate_counts_where_it_makes_one() -> None:
    downlink = Downlink()
    downlink.limit(250_000)
    assert downlink.limit_bps == 250_000
    downlink.limit(1)
    assert downlink.limit_bps == MIN_BPS


def test_feedback_on_what_was_never_sent_or_long_ago_says_nothing() -> None:
    downlink = Downlink()
    packet = memoryview(bytearray(20))
    for i in range(2 * HISTORY):
        downlink.put(packet, 4, 1000, i / 100)
    log = ArrivalLog()
    for number in (*range(1, 50), *range(30_000, 30_050)):
        log.note(number, 7.0)
    for feedback in log.feedback(1, 2):
        told = read_feedback(feedback)
        assert told is not None
        downlink.feedback(told, 100.0)
    assert downlink.rate_bps() == 0
    assert downlink.limit_bps is None


def test_the_numbers_wrap_and_the_receivers_clock_too() -> None:
    hop = Hop(bps=300_000)
    hop.downlink.number = 65_500
    hop.now = 2**24 * 0.064 - CLOCK_OFFSET_S - 2
    hop.run(6)
    limit = hop.downlink.limit_bps
    assert limit is not None
    assert limit < 350_000
