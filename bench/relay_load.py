"""Load for a media relay: ready-made SRTP packets sent on time, arrivals timed by number.

All packets are encrypted before the measurement, so that one core can offer 50,000 a second. Each
participant sends one audio packet to two video packets (50 + 100 a second at 150 a second).
"""

from __future__ import annotations

import select
import socket
import struct
import time
from dataclasses import dataclass, field

from mediasrv.srtp import SrtpPair
from mediasrv.synthetic.sdp import AUDIO_TYPE, VIDEO_TYPE

AUDIO_BYTES, VIDEO_BYTES = 120, 1000
PACKETS_PER_PARTICIPANT = 150
#: Sent at most before looking for arrivals again.
_BURST = 16


@dataclass
class Endpoint:
    """One participant after its handshake; ``partner`` is whose packets it is to receive."""

    sock: socket.socket
    srtp: SrtpPair
    audio_ssrc: int
    video_ssrc: int
    partner: int
    #: The next audio and the next video number; they run on from load to load.
    numbers: list[int] = field(default_factory=lambda: [1, 1])


@dataclass(frozen=True)
class LoadResult:
    """What came of one load; ``late_ms`` is the generator's own worst lag."""

    sent: int
    received: int
    p50_us: float
    p99_us: float
    late_ms: float
    seconds: float


def run_load(endpoints: list[Endpoint], pps: int, seconds: float) -> LoadResult:
    """Sends ``pps`` packets a second over all endpoints together and waits for the last."""
    packets, numbers = _prepare(endpoints, int(pps * seconds))
    sent_at: list[dict[int, float]] = [{} for _ in range(2 * len(endpoints))]
    latencies: list[float] = []
    poller = select.epoll()
    by_fd = {}
    for endpoint in endpoints:
        poller.register(endpoint.sock.fileno(), select.EPOLLIN)
        by_fd[endpoint.sock.fileno()] = (endpoint.sock, 2 * endpoint.partner)
    buffer = bytearray(2048)
    clock = time.perf_counter
    count, total = len(endpoints), len(packets)
    sends = [endpoint.sock.send for endpoint in endpoints]
    index, late = 0, 0.0
    started = clock()
    quiet_since = started
    while index < total or clock() - quiet_since < 0.3:
        now = clock()
        due = min(total, int((now - started) * pps), index + _BURST)
        if due > index:
            late = max(late, now - started - index / pps)
        for k in range(index, due):
            stream, number = numbers[k]
            sent_at[stream][number] = clock()
            sends[k % count](packets[k])
        index = due
        for fd, _ in poller.poll(0 if index < total else 0.05, 256):
            sock, base = by_fd[fd]
            try:
                size = sock.recv_into(buffer)
            except (BlockingIOError, ConnectionRefusedError):
                continue
            if size < 30 or buffer[0] >> 6 != 2 or 192 <= buffer[1] <= 223:
                continue
            arrived = clock()
            kind = buffer[1] & 0x7F
            if kind in (AUDIO_TYPE, VIDEO_TYPE):
                key = buffer[2] << 8 | buffer[3]
                at = sent_at[base + (kind == VIDEO_TYPE)].pop(key, None)
                if at is not None:
                    latencies.append(arrived - at)
                    quiet_since = arrived
    poller.close()
    latencies.sort()
    return LoadResult(
        sent=total,
        received=len(latencies),
        p50_us=1e6 * latencies[len(latencies) // 2] if latencies else float("nan"),
        p99_us=1e6 * latencies[len(latencies) * 99 // 100] if latencies else float("nan"),
        late_ms=1000 * late,
        seconds=seconds,
    )


def _prepare(endpoints: list[Endpoint], total: int) -> tuple[list[bytes], list[tuple[int, int]]]:
    """Packets in sending order (participants take turns), and each one's (stream, number)."""
    packets: list[bytes] = []
    numbers: list[tuple[int, int]] = []
    count = len(endpoints)
    audio, video = bytes(AUDIO_BYTES), b"\x10\x00" + bytes(VIDEO_BYTES - 2)
    for k in range(total):
        i, turn = k % count, k // count % 3
        endpoint, is_video = endpoints[i], turn > 0
        number = endpoint.numbers[is_video] & 0xFFFF
        endpoint.numbers[is_video] += 1
        header = struct.pack(
            "!BBHII",
            0x80,
            VIDEO_TYPE if is_video else AUDIO_TYPE,
            number,
            (k // count) * 600,
            endpoint.video_ssrc if is_video else endpoint.audio_ssrc,
        )
        packets.append(endpoint.srtp.protect(header + (video if is_video else audio)))
        numbers.append((2 * i + is_video, number))
    return packets, numbers
