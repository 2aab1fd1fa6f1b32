"""Tells a sender when its packets came: transport-wide congestion feedback, written.

Browsers take any loss for congestion, down to a slide show at 5% on a radio. The relay has lost
packets sent again, so of *scattered* losses (few in a row, few in all) nothing is told: neither
that they came (the sender would forget them, and could not send them again) nor that they did not.
The delays, all true, tell of a queue long before. Bursts, and every loss where much is lost, are
told as they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import Final

from mediasrv.rtcp.packets import RTPFB, TRANSPORT_CC
from mediasrv.rtcp.transport_cc import HEAD, LARGE, LOST, MAX_RUN, REFERENCE_TICKS, SMALL, ticks

#: Seconds between two feedbacks; senders reckon with anything from 0.05 to 0.25.
FEEDBACK_S: Final = 0.1
#: Arrivals kept until the next feedback: at 100 ms, 40,000 packets a second of one participant.
MAX_ARRIVALS: Final = 4096
#: A jump of the numbers beyond this is a sender that began anew, not loss.
MAX_GAP: Final = 3000
#: Arrivals told in one packet, so that it fits any path.
MAX_TOLD: Final = 400
#: Numbers told of in one packet, lost ones included; the count has 16 bits.
MAX_SPAN: Final = 0x4000
#: Packets made at once; only wild reordering needs more than one or two.
MAX_PACKETS: Final = 16
#: Packets made at once for the sake of numbers not told of.
MAX_UNTOLD: Final = 8

#: Scattered: at most so many lost in a row, and at most this share of the last feedbacks' packets.
SCATTERED_RUN: Final = 3
SCATTERED_SHARE: Final = 0.15
LOSS_FEEDBACKS: Final = 20
#: Fewer packets than this are judged as if they were so many.
LOSS_PACKETS: Final = 50

#: Shortest run of one status that is worth a chunk of its own.
_MIN_RUN: Final = 14


class ArrivalLog:
    """Arrivals of one participant's packets, told to it by and by.

    Each is one integer in ``arrivals``, its tick above the 16 bits of its number: one small object
    a packet, where a pair would be three. ``note`` adds one; the media path does the same in place.
    Numbers may come late or twice. Of more than ``MAX_ARRIVALS`` between two feedbacks the oldest
    are forgotten.
    """

    __slots__ = ("_losses", "_next", "_told", "arrivals")

    def __init__(self) -> None:
        self.arrivals: deque[int] = deque(maxlen=MAX_ARRIVALS)
        #: The first number (unwrapped) no feedback has told of yet.
        self._next: int | None = None
        #: Packets of feedback made.
        self._told = 0
        #: Packets arrived and lost, of each of the last feedbacks.
        self._losses: deque[tuple[int, int]] = deque(maxlen=LOSS_FEEDBACKS)

    def note(self, number: int, now: float) -> None:
        """A packet of this number came."""
        self.arrivals.append(ticks(now) << 16 | number)

    def feedback(self, sender: int, media: int) -> list[bytes]:
        """RTCP packets on all that arrived since the last call, in the order of their numbers.

        SSRC ``sender`` writes them about SSRC ``media``.
        """
        if not self.arrivals:
            return []
        run = self._unbroken()
        if run is not None:
            self._next = run.end
            self._losses.append((len(self.arrivals), 0))
            self.arrivals.clear()
            self._told += 1
            return [run.packet(sender, media, self._told - 1)]
        arrived = self._take()
        expected = min(arrived) if self._next is None else self._next
        numbers = sorted(arrived)
        scattered = SCATTERED_RUN if self._little_lost(numbers, expected) else 0
        runs: list[_Run] = []
        for number in numbers:
            tick = arrived[number]
            end = max(expected, runs[-1].end) if runs else expected
            # A late one has been told of as lost: it is told of again, and nothing around it.
            gap = number - end
            start = end
            if number < expected or gap > MAX_GAP or (gap <= scattered and len(runs) < MAX_UNTOLD):
                start = number
            if not runs or runs[-1].end != start or not runs[-1].fits(tick):
                if len(runs) == MAX_PACKETS:
                    break
                runs.append(_Run(start))
            runs[-1].add(number, tick)
        highest = numbers[-1] + 1
        if self._next is None or not 0 <= self._next - highest <= MAX_GAP:
            self._next = highest
        packets = [run.packet(sender, media, self._told + i) for i, run in enumerate(runs)]
        self._told += len(packets)
        return packets

    def _unbroken(self) -> _Run | None:
        """The usual case, in which each packet came right behind the one before, quickly told."""
        if self._next is None or len(self.arrivals) > MAX_TOLD:
            return None
        expected = self._next & 0xFFFF
        first = self.arrivals[0] >> 16
        last = first - first % REFERENCE_TICKS
        deltas = bytearray()
        for arrival in self.arrivals:
            delta = (arrival >> 16) - last
            if arrival & 0xFFFF != expected or not 0 <= delta <= 0xFF:
                return None
            deltas.append(delta)
            last += delta
            expected = (expected + 1) & 0xFFFF
        return _Run.unbroken(self._next, first // REFERENCE_TICKS, deltas)

    def _little_lost(self, numbers: list[int], expected: int) -> bool:
        fresh = len(numbers) - bisect_left(numbers, expected)
        due = min(numbers[-1] + 1 - expected, MAX_GAP)
        # A late one was counted as lost; it is so again with the opposite sign.
        self._losses.append((len(numbers), due - fresh - (len(numbers) - fresh)))
        lost = sum(lost for _, lost in self._losses)
        total = lost + sum(came for came, _ in self._losses)
        return lost <= SCATTERED_SHARE * max(total, LOSS_PACKETS)

    def _take(self) -> dict[int, int]:
        """First arrivals by unwrapped number; what is noted is forgotten."""
        arrived: dict[int, int] = {}
        near = self.arrivals[0] & 0xFFFF if self._next is None else self._next
        for arrival in self.arrivals:
            near += ((arrival - near + 0x8000) & 0xFFFF) - 0x8000
            arrived.setdefault(near, arrival >> 16)
        self.arrivals.clear()
        return arrived


class _Run:
    """Neighbouring numbers told of in one packet; ``end`` is the number after the last."""

    __slots__ = ("_deltas", "_last", "_reference", "_runs", "_start", "_told", "end")

    def __init__(self, start: int) -> None:
        self._start = self.end = start
        #: Statuses as ``[status, how many in a row]``.
        self._runs: list[list[int]] = []
        self._deltas = bytearray()
        self._reference = self._last = self._told = 0

    @classmethod
    def unbroken(cls, start: int, reference: int, deltas: bytearray) -> _Run:
        """Arrivals of consecutive numbers in small deltas."""
        run = cls(start)
        run.end += len(deltas)
        run._runs, run._deltas, run._reference = [[SMALL, len(deltas)]], deltas, reference
        return run

    def fits(self, tick: int) -> bool:
        """Whether one more arrival has room; its distance in time must have 16 bits."""
        return (
            self._told < MAX_TOLD
            and self.end - self._start < MAX_SPAN
            and (self._told == 0 or -0x8000 <= tick - self._last <= 0x7FFF)
        )

    def add(self, number: int, tick: int) -> None:
        """An arrival; numbers between the last one and this are lost."""
        if not self._told:
            self._reference = tick // REFERENCE_TICKS
            self._last = self._reference * REFERENCE_TICKS
        if number > self.end:
            self._runs.append([LOST, number - self.end])
        delta = tick - self._last
        if 0 <= delta <= 0xFF:
            status = SMALL
            self._deltas.append(delta)
        else:
            status = LARGE
            self._deltas += delta.to_bytes(2, signed=True)
        if self._runs and self._runs[-1][0] == status:
            self._runs[-1][1] += 1
        else:
            self._runs.append([status, 1])
        self.end, self._last = number + 1, tick
        self._told += 1

    def packet(self, sender: int, media: int, count: int) -> bytes:
        """The RTCP packet; ``count`` numbers the packets of feedback."""
        body = b"".join(chunk.to_bytes(2) for chunk in _chunks(self._runs)) + self._deltas
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes([padding])
        return (
            HEAD.pack(
                0xA0 | TRANSPORT_CC if padding else 0x80 | TRANSPORT_CC,
                RTPFB,
                4 + len(body) // 4,
                sender,
                media,
                self._start & 0xFFFF,
                self.end - self._start,
                (self._reference & 0xFFFFFF) << 8 | count & 0xFF,
            )
            + body
        )


def _chunks(runs: list[list[int]]) -> list[int]:
    """Statuses as run lengths where they are long, as vectors of 14 or 7 where they are not."""
    chunks: list[int] = []
    waiting: list[int] = []
    for i, (status, length) in enumerate(runs):
        left = length
        if waiting:
            # A vector must be full before a run may follow.
            filling = min(left, -len(waiting) % 14)
            waiting += [status] * filling
            left -= filling
        if not waiting or len(waiting) % 14 == 0:
            chunks += _vectors(waiting)
            waiting = []
            while left >= _MIN_RUN or (left and i == len(runs) - 1):
                taken = min(left, MAX_RUN)
                chunks.append(status << 13 | taken)
                left -= taken
        waiting += [status] * left
    return chunks + _vectors(waiting)


def _vectors(statuses: list[int]) -> list[int]:
    """Whole vectors; what the last has no status for is zero."""
    chunks: list[int] = []
    for at in range(0, len(statuses), 14):
        fourteen = statuses[at : at + 14]
        if LARGE not in fourteen:
            chunks.append(0x8000 | sum(s << 13 - i for i, s in enumerate(fourteen)))
            continue
        for seven in (fourteen[:7], fourteen[7:]):
            if seven:
                chunks.append(0xC000 | sum(s << 12 - 2 * i for i, s in enumerate(seven)))
    return chunks
