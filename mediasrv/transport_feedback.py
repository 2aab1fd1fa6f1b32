"""Transport-wide feedback read and written (draft-holmer-rmcat-transport-wide-cc-extensions-01).

A sender adds up the losses of both hops. With 5% of random loss on each it would see 10%, which
Chromium takes for congestion and answers by falling to its lowest rate, although the relay repairs
what its receiver loses. So of the losses reported, the share that keeps the *worse* hop's figure is
passed on, and the rest is shown as received. Real congestion still shows: it delays packets, and on
one hop its loss is passed on whole.
"""

from __future__ import annotations

import struct

_LOST, _SMALL, _LARGE = 0, 1, 2
#: Packets one feedback may speak of; more is not a browser.
MAX_PACKETS = 2048


def share_to_report(uplink: float, reported: float) -> float:
    """Of the losses a receiver reports, the share that is the worse hop's (0.5 to 1).

    ``uplink`` is the loss before the relay, ``reported`` that of both hops together.
    """
    if reported <= 0 or uplink <= 0 or reported <= uplink:
        return 1.0
    downlink = (reported - uplink) / (1 - uplink)
    return min(1.0, max(uplink, downlink) / reported)


class LossThinner:
    """Thins the losses in one receiver's feedback to ``share`` of them, evenly."""

    __slots__ = ("_due", "share")

    def __init__(self) -> None:
        self.share = 1.0
        self._due = 0.0

    def apply(self, body: bytes) -> bytes | None:
        """A feedback packet with some losses shown as received; None when its lengths lie."""
        if self.share >= 1.0:
            return body
        parsed = read(body)
        if parsed is None:
            return None
        statuses, deltas = parsed
        arrived, position, changed = False, 0, False
        for i, status in enumerate(statuses):
            if status != _LOST:
                arrived = True
                position += 1
                continue
            if not arrived:
                # There is no arrival yet whose time it could share.
                continue
            self._due += self.share
            if self._due >= 1.0:
                self._due -= 1.0
                continue
            statuses[i] = _SMALL
            deltas.insert(position, (_SMALL, 0))
            position += 1
            changed = True
        return write(body, statuses, deltas) if changed else body


def read(body: bytes) -> tuple[list[int], list[tuple[int, int]]] | None:  # noqa: PLR0912
    """Each packet's status, and the received ones' (status, delta in 250 µs); None: lengths lie."""
    if len(body) < 20:
        return None
    (count,) = struct.unpack_from("!H", body, 14)
    if not 0 < count <= MAX_PACKETS:
        return None
    statuses: list[int] = []
    at = 20
    while len(statuses) < count:
        if at + 2 > len(body):
            return None
        (chunk,) = struct.unpack_from("!H", body, at)
        at += 2
        if not chunk & 0x8000:
            statuses += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(statuses))
            if not chunk & 0x1FFF:
                return None
        elif chunk & 0x4000:
            statuses += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            statuses += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    del statuses[count:]
    deltas: list[tuple[int, int]] = []
    for status in statuses:
        if status == _SMALL:
            if at + 1 > len(body):
                return None
            deltas.append((status, body[at]))
            at += 1
        elif status == _LARGE:
            if at + 2 > len(body):
                return None
            deltas.append((status, struct.unpack_from("!h", body, at)[0]))
            at += 2
        elif status != _LOST:
            return None
    return statuses, deltas


def write(body: bytes, statuses: list[int], deltas: list[tuple[int, int]]) -> bytes:
    """A feedback packet with the head of ``body``."""
    out = bytearray(body[:20])
    for i in range(0, len(statuses), 7):
        chunk = 0xC000
        for place, status in enumerate(statuses[i : i + 7]):
            chunk |= status << (12 - 2 * place)
        out += struct.pack("!H", chunk)
    for status, delta in deltas:
        out += bytes([delta]) if status == _SMALL else struct.pack("!h", delta)
    padding = -len(out) % 4
    out[0] = body[0] & ~0x20
    if padding:
        out += bytes(padding - 1) + bytes([padding])
        out[0] |= 0x20
    struct.pack_into("!H", out, 2, len(out) // 4 - 1)
    return bytes(out)
