"""Load for a media relay: ready-made SRTP packets sent on time, arrivals timed by number.

All media are encrypted before the measurement, so that one core can offer 50,000 packets a second.
RTCP and consent checks are part of the load and made while it runs: they answer what arrives.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.relay.packets import AUDIO, TURNS, VIDEO, Endpoint, Stream, prepare, reports
from mediasrv.rtp.header import elements
from mediasrv.synthetic.sdp import AUDIO_TYPE, COUNTER_ID, VIDEO_TYPE

#: Feedback of one participant in a second; every tenth time its reports go out too.
FEEDBACKS_PER_S = 10
#: Packets prepared at most at once (about 1.1 kB each): 5 s at 50,000 packets a second.
MAX_PREPARED = 250_000
#: Sent at most before looking for arrivals again, media and RTCP.
_BURST, _CONTROL_BURST = 16, 2
#: Silence after which nothing more is expected, and the longest wait for it.
_QUIET_S, _PATIENCE_S = 0.3, 3.0
#: Before a transport-wide number of two bytes stands its id and its length less one.
_COUNTER_HEAD = COUNTER_ID << 4 | 1
#: Seconds until every participant must have been heard by its partner.
_LEARN_S = 10.0


@dataclass(frozen=True)
class LoadResult:
    """What came of one load.

    ``received`` are the packets recognised by number, ``arrived`` all media packets, ``control``
    the RTCP datagrams sent besides; ``late_ms`` is the generator's own worst lag. Latencies are
    None where no number was recognised.
    """

    sent: int
    received: int
    arrived: int
    control: int
    p50_us: float | None
    p99_us: float | None
    late_ms: float
    seconds: float


class _Hearing:
    """What is needed to take in one participant's arrivals, in one tuple's reach."""

    __slots__ = ("arrivals", "audio", "audio_key", "endpoint", "receive", "video", "video_key")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.receive: Callable[[Any], int] = endpoint.sock.recv_into
        self.arrivals = endpoint.feedback.arrivals
        self.audio, self.video = endpoint.streams
        self.audio_key = (2 * endpoint.partner + AUDIO) << 16
        self.video_key = (2 * endpoint.partner + VIDEO) << 16


def run_load(endpoints: list[Endpoint], pps: float, seconds: float) -> LoadResult:
    """Sends ``pps`` packets a second over all endpoints together and waits for the last.

    Lasts shorter than ``seconds`` where more than ``MAX_PREPARED`` packets would be needed.
    """
    packets, keys = prepare(endpoints, min(int(pps * seconds), MAX_PREPARED), pps)
    sent_at: dict[int, float] = {}
    latencies: list[float] = []
    poller = select.epoll()
    by_fd = {}
    for endpoint in endpoints:
        poller.register(endpoint.sock.fileno(), select.EPOLLIN)
        by_fd[endpoint.sock.fileno()] = _Hearing(endpoint)
    buffer = bytearray(2048)
    view = memoryview(buffer)
    clock = time.monotonic
    count, total = len(endpoints), len(packets)
    sends = [endpoint.sock.send for endpoint in endpoints]
    index, control, control_sent, late, arrived_count = 0, 0, 0, 0.0, 0
    started = quiet_since = clock()
    give_up = float("inf")
    while index < total or clock() < min(quiet_since + _QUIET_S, give_up):
        now = clock()
        due = min(total, int((now - started) * pps), index + _BURST)
        if due > index:
            late = max(late, now - started - index / pps)
            for k in range(index, due):
                sent_at[keys[k]] = clock()
                sends[k % count](packets[k])
            index = due
            if index == total:
                quiet_since, give_up = now, now + _PATIENCE_S
        control_due = int((now - started) * FEEDBACKS_PER_S * count)
        for k in range(control, min(control_due, control + _CONTROL_BURST)):
            control = k + 1
            endpoint = endpoints[k % count]
            # Spread over the second: one of ten participants reports at a time.
            full = (k // count + k % count) % FEEDBACKS_PER_S == 0
            control_sent += _control(endpoint, now, with_reports=full)
        for fd, _ in poller.poll(0 if index < total else 0.02, 256):
            hearing = by_fd[fd]
            try:
                size = hearing.receive(buffer)
            except (BlockingIOError, ConnectionRefusedError):
                continue
            if size < 30 or buffer[0] >> 6 != 2 or 192 <= buffer[1] <= 223:
                if size > 0 and buffer[0] < 64:
                    _connectivity(hearing.endpoint, bytes(view[:size]), now)
                continue
            arrived = clock()
            kind = buffer[1] & 0x7F
            if kind == VIDEO_TYPE:
                stream, key = hearing.video, hearing.video_key
            elif kind == AUDIO_TYPE:
                stream, key = hearing.audio, hearing.audio_key
            else:
                continue
            arrived_count += 1
            if stream.shift is None:
                continue
            number = stream.last = buffer[2] << 8 | buffer[3]
            at = stream.counter_at
            if at and buffer[at - 1] == _COUNTER_HEAD:
                hearing.arrivals.append((buffer[at] << 8 | buffer[at + 1], arrived))
            at_sender = sent_at.pop(key | (number - stream.shift) & 0xFFFF, None)
            if at_sender is not None:
                latencies.append(arrived - at_sender)
                quiet_since = arrived
    elapsed = clock() - started
    poller.close()
    latencies.sort()
    return LoadResult(
        sent=total,
        received=len(latencies),
        arrived=arrived_count,
        control=control_sent,
        p50_us=1e6 * latencies[len(latencies) // 2] if latencies else None,
        p99_us=1e6 * latencies[len(latencies) * 99 // 100] if latencies else None,
        late_ms=1000 * late,
        seconds=elapsed,
    )


def learn(endpoints: list[Endpoint]) -> None:
    """Finds out how each stream is renumbered, and where its transport-wide numbers are.

    One packet of a stream is under way at a time. Raises ``TimeoutError`` when some partner's media
    do not arrive.
    """
    count = len(endpoints)
    unknown = {(i, kind) for i in range(count) for kind in (AUDIO, VIDEO)}
    deadline = time.monotonic() + _LEARN_S
    while unknown:
        packets, keys = prepare(endpoints, TURNS * count, 50 * TURNS * count)
        for turn in range(TURNS):
            numbers: dict[int, int] = {}
            for i, endpoint in enumerate(endpoints):
                k = turn * count + i
                numbers[keys[k] >> 16] = keys[k] & 0xFFFF
                endpoint.sock.send(packets[k])
                if i % 32 == 31:
                    time.sleep(0.002)
            _await_all(endpoints, numbers, unknown)
        if time.monotonic() > deadline and unknown:
            raise TimeoutError(f"{len(unknown)} of {2 * count} streams do not arrive")


def _await_all(
    endpoints: list[Endpoint], numbers: dict[int, int], unknown: set[tuple[int, int]]
) -> None:
    """Takes in what arrives of the packets just sent (stream → number), for a fifth of a second."""
    awaited = set(numbers)
    until = time.monotonic() + 0.2
    while awaited and (now := time.monotonic()) < until:
        time.sleep(0.005)
        for i, endpoint in enumerate(endpoints):
            while True:
                try:
                    packet = endpoint.sock.recv(2048)
                except (BlockingIOError, ConnectionRefusedError):
                    break
                if packet and packet[0] < 64:
                    _connectivity(endpoint, packet, now)
                kind = _media_kind(packet)
                if kind is None:
                    continue
                heard = 2 * endpoint.partner + kind
                if heard in awaited:
                    awaited.discard(heard)
                    _note(endpoint.streams[kind], packet, numbers[heard])
                    unknown.discard((i, kind))


def _note(stream: Stream, packet: bytes, sent_number: int) -> None:
    stream.last = stream.highest = int.from_bytes(packet[2:4])
    stream.shift = (stream.last - sent_number) & 0xFFFF
    # Header extensions are not encrypted.
    stream.counter_at = next(
        (
            at
            for number, _, _, at in elements(memoryview(packet), 0, len(packet))
            if number == COUNTER_ID
        ),
        0,
    )


def _media_kind(packet: bytes) -> int | None:
    if len(packet) < 30 or packet[0] >> 6 != 2:
        return None
    return {AUDIO_TYPE: AUDIO, VIDEO_TYPE: VIDEO}.get(packet[1] & 0x7F)


def _control(endpoint: Endpoint, now: float, *, with_reports: bool) -> int:
    """Sends the RTCP that is due and the checks of consent; returns how many were RTCP."""
    told = endpoint.feedback.packet(endpoint.video.ssrc, endpoint.video.heard_ssrc)
    packets = [] if told is None else [told]
    if with_reports:
        packets += reports(endpoint, now)
        if endpoint.transport is not None:
            for check in endpoint.transport.tick(now):
                endpoint.sock.send(check)
    for packet in packets:
        endpoint.sock.send(endpoint.srtp.protect_rtcp(packet))
    return len(packets)


def _connectivity(endpoint: Endpoint, datagram: bytes, now: float) -> None:
    if endpoint.transport is not None:
        for packet in endpoint.transport.receive(datagram, now):
            endpoint.sock.send(packet)
