"""The hop from the relay to one receiver: its own transport-wide numbers, how much it carries.

Each packet sent is numbered; the receiver's feedback says when it came. From the two clocks only
differences are taken: the *standing queue* is how much longer than the fastest packet of the last
seconds even the fastest packets of the last moments took. A single late packet is jitter; when all
are late there is a queue, and the hop carries exactly what arrives. The estimate is then set a
little below that, so that the queue drains, and grows again while there is none.

Random loss is no congestion: retransmissions repair it. Only a loss no radio shows, that of a
narrow path with a short queue, lowers the estimate.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from mediasrv.rtcp.transport_cc import REFERENCE_TICKS, TICKS_PER_S, TransportFeedback, ticks

#: Packets remembered until their feedback comes: five seconds at 400 packets a second.
HISTORY: Final = 2048
MASK: Final = HISTORY - 1
#: What is kept of a packet sent, in one integer, from its lowest bit: how often the ring had been
#: gone round (the number's bits above its place), bytes, and from ``SENT_SHIFT`` on the tick.
LAP_BITS: Final = 5
LAP_MASK: Final = 31
SIZE_MASK: Final = 2047
SENT_SHIFT: Final = 16
#: Seconds over which the arriving rate and the loss are measured.
RATE_WINDOW_S: Final = 0.8
#: Seconds for which the fastest packet counts as the path's own delay; ten hide no slow clock.
BASE_S: Final = 10
#: A queue of so many seconds is congestion; one packet in 300 kbit/s takes 0.03.
QUEUE_S: Final = 0.06
#: Below this the estimate may grow.
CLEAR_S: Final = 0.03
#: Feedbacks remembered at most.
MAX_TELLINGS: Final = 64
#: Feedbacks and seconds a queue must stand.
STANDING_FEEDBACKS: Final = 3
STANDING_S: Final = 0.2
#: Loss that is taken for congestion although no queue is seen, and how much it is judged by.
HEAVY_LOSS: Final = 0.25
#: Loss with which the estimate does not grow.
MUCH_LOSS: Final = 0.12
LOSS_PACKETS: Final = 60
LOSS_FEEDBACKS: Final = 40
#: Share of the arriving rate kept after congestion, and seconds until its effect is judged.
BACK_OFF: Final = 0.85
HOLD_S: Final = 0.5
#: So many in a row without effect: the path itself has become longer.
MAX_BACK_OFFS: Final = 8
#: Growth in a second, and how far ahead of what is really carried.
GROWTH: Final = 1.08
AHEAD: Final = 1.5
MIN_BPS: Final = 100_000
#: Told to a sender that need not hold back for its receiver.
UNLIMITED_BPS: Final = 100_000_000


class Downlink:
    """Numbers of the packets to one receiver, and the estimate of its hop in bits a second.

    ``put`` numbers a packet; the media path does the same in place: ``number`` counts up, and
    ``sent`` has at ``number & MASK`` one integer: the tick it was sent at, 11 bits of its size, and
    the 5 bits of the number that its place does not tell; -1 for none.
    """

    __slots__ = (
        "_back_offs",
        "_base",
        "_base_from",
        "_bases",
        "_grown_at",
        "_held_until",
        "_losses",
        "_lost",
        "_reference",
        "_remote_bps",
        "_tellings",
        "_told",
        "_units",
        "estimate_bps",
        "number",
        "sent",
    )

    def __init__(self) -> None:
        self.number = 0
        self.sent: list[int] = [-1] * HISTORY
        #: None until there was congestion: nothing is known to be too much.
        self.estimate_bps: int | None = None
        #: What the receiver's own estimate allows, where it makes one.
        self._remote_bps: int | None = None
        #: Of each feedback: last arrival, bytes, least delay.
        self._tellings: list[tuple[float, int, float]] = []
        #: Of each feedback since the last back-off: packets told of, and lost; and their sums.
        self._losses: deque[tuple[int, int]] = deque()
        self._told = self._lost = 0
        #: Least delay of each of the last seconds, and of them all.
        self._bases: list[float] = []
        self._base = float("inf")
        self._base_from = self._held_until = self._grown_at = float("-inf")
        self._back_offs = 0
        #: The receiver's reference time as last told (24 bits), and without end.
        self._reference: int | None = None
        self._units = 0

    def put(self, packet: memoryview, at: int, size: int, now: float) -> None:
        """Writes the next number at byte ``at`` of a packet of ``size`` bytes that is sent now."""
        number = self.number = (self.number + 1) & 0xFFFF
        self.sent[number & MASK] = ticks(now) << SENT_SHIFT | size << LAP_BITS | number >> 11
        packet[at] = number >> 8
        packet[at + 1] = number & 0xFF

    @property
    def limit_bps(self) -> int | None:
        """What a sender may send to this receiver; None: no limit is known."""
        limits = [x for x in (self.estimate_bps, self._remote_bps) if x is not None]
        return min(limits, default=None)

    def limit(self, bits_per_s: int) -> None:
        """The receiver's own estimate (REMB)."""
        self._remote_bps = max(MIN_BPS, bits_per_s)

    def feedback(self, told: TransportFeedback, now: float) -> None:
        """What the receiver says of the packets it was sent."""
        start = self._unwrap(told.reference) * REFERENCE_TICKS
        sent, number = self.sent, told.base
        size = received = lost = 0
        least, latest = 1 << 60, -(1 << 60)
        for tick in told.ticks:  # for each packet sent: no calls in here
            place = number & MASK
            entry = sent[place]
            if entry >= 0 and entry & LAP_MASK == number >> 11:
                sent[place] = -1
                if tick is None:
                    lost += 1
                else:
                    received += 1
                    size += entry >> LAP_BITS & SIZE_MASK
                    arrival = start + tick
                    delay = arrival - (entry >> SENT_SHIFT)
                    if delay < least:  # noqa: PLR1730 - min() costs as much as all the rest
                        least = delay
                    if arrival > latest:  # noqa: PLR1730
                        latest = arrival
            number = (number + 1) & 0xFFFF
        self._note_loss(received + lost, lost)
        if not received:
            return
        last, least_s = latest / TICKS_PER_S, least / TICKS_PER_S
        tellings = self._tellings
        tellings.append((last, size, least_s))
        while len(tellings) > MAX_TELLINGS or (
            len(tellings) > 2 and last - tellings[1][0] > RATE_WINDOW_S
        ):
            del tellings[0]
        self._note_base(least_s, now)
        self._judge(now)

    def _unwrap(self, reference: int) -> int:
        if self._reference is not None:
            self._units += ((reference - self._reference + 0x800000) & 0xFFFFFF) - 0x800000
        self._reference = reference
        return self._units

    def _note_base(self, least: float, now: float) -> None:
        bases = self._bases
        if now - self._base_from >= 1.0 or not bases:
            bases.append(least)
            if len(bases) > BASE_S:
                del bases[0]
            self._base = min(bases)
            self._base_from = now
        elif least < bases[-1]:
            bases[-1] = least
            self._base = min(self._base, least)

    def _judge(self, now: float) -> None:
        queue = self.queue_s
        if now < self._held_until:
            return
        if queue > QUEUE_S:
            self._back_off(BACK_OFF, now)
            return
        loss = self._loss()
        if loss > HEAVY_LOSS:
            self._back_off(1.0, now)
        elif queue < CLEAR_S and loss < MUCH_LOSS:
            self._back_offs = 0
            self._grow(now)
        else:
            self._grown_at = now

    @property
    def queue_s(self) -> float:
        """Seconds that even the fastest packets of the last moments have waited; 0 when unsure."""
        tellings = self._tellings
        count = len(tellings)
        if count < STANDING_FEEDBACKS:
            return 0.0
        last, _, least = tellings[-1]
        for seen in range(2, count + 1):
            at, _, delay = tellings[-seen]
            least = min(least, delay)
            if seen >= STANDING_FEEDBACKS and last - at >= STANDING_S:
                return least - self._base if self._bases else 0.0
        return 0.0

    def rate_bps(self) -> int:
        """Bits a second that arrive."""
        if len(self._tellings) < 2:
            return 0
        span = self._tellings[-1][0] - self._tellings[0][0]
        # The first feedback's bytes came before the span began.
        size = sum(t[1] for t in self._tellings) - self._tellings[0][1]
        return int(8 * size / span) if span > 0 else 0

    def _note_loss(self, told: int, lost: int) -> None:
        self._losses.append((told, lost))
        self._told += told
        self._lost += lost
        if len(self._losses) > LOSS_FEEDBACKS:
            told, lost = self._losses.popleft()
            self._told -= told
            self._lost -= lost

    def _loss(self) -> float:
        """The share lost, 0 while too little is known."""
        return self._lost / self._told if self._told >= LOSS_PACKETS else 0.0

    def _back_off(self, share: float, now: float) -> None:
        self._held_until = now + HOLD_S
        self._grown_at = now
        self._losses.clear()
        self._told = self._lost = 0
        self._back_offs += 1
        if self._back_offs > MAX_BACK_OFFS:
            self._back_offs = 0
            self._bases.clear()
            self._base = float("inf")
            return
        lowered = max(MIN_BPS, int(share * self.rate_bps()))
        if self.estimate_bps is None or lowered < self.estimate_bps:
            self.estimate_bps = lowered

    def _grow(self, now: float) -> None:
        if self.estimate_bps is None:
            return
        grown = self.estimate_bps * GROWTH ** min(now - self._grown_at, 1.0)
        self._grown_at = now
        most = max(AHEAD * self.rate_bps(), MIN_BPS)
        self.estimate_bps = int(max(self.estimate_bps, min(grown, most)))
