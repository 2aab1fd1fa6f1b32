"""The way of one RTP packet: authenticate, count, renumber, protect, all on the receive buffer.

This is the only code that runs for every media packet, so it is one function without calls for the
usual case; rarer cases (a gap, a new stream, a retransmission) are functions of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mediasrv.call.participant import Participant
from mediasrv.call.proof import SILENCE_S
from mediasrv.call.track import NO_PAYLOAD_TYPE, Source, Track
from mediasrv.net.counters import Counters
from mediasrv.net.memory import ffi
from mediasrv.net.slots import SLOT_SIZE, Slots
from mediasrv.rtcp.downlink import LAP_BITS, MASK, SENT_SHIFT
from mediasrv.rtcp.transport_cc import ticks
from mediasrv.rtp.header import HEADER, HEADER_SIZE, payload_offset, payload_size
from mediasrv.rtp.keyframes import starts_keyframe
from mediasrv.rtp.packet_cache import CAPACITY
from mediasrv.rtp.transport_seq import find_transport_seq
from mediasrv.transport.srtp import protect, unprotect

#: Longest RTP packet in the clear: what fits any path once protected.
MAX_PLAINTEXT: Final = 1356

#: Bytes before a retransmission's payload that hold the original number.
_ORIGINAL_SIZE: Final = 2

#: ``(slot, length, route)``: the slot's first bytes will be sent there.
Queue = Callable[[int, int, Any], None]

_unpack: Final[Callable[[memoryview, int], tuple[int, int, int, int, int]]] = HEADER.unpack_from
_pack: Final = HEADER.pack_into


class MediaPath:
    """Forwards RTP between the two sides of a call."""

    __slots__ = ("_counters", "_length", "_now", "_pointers", "_queue", "_slots", "_stamp", "_view")

    def __init__(self, slots: Slots, counters: Counters, queue: Queue) -> None:
        self._slots = slots
        self._view = slots.view
        self._pointers = slots.pointers
        self._counters = counters
        self._queue = queue
        self._length: Any = ffi.new("int *")
        self._now, self._stamp = 0.0, 0

    def begin(self, now: float) -> None:
        """A batch of packets that came at this time is forwarded next."""
        # Both logs, of what arrives and of what is sent, keep the tick above 16 other bits.
        self._now, self._stamp = now, ticks(now) << SENT_SHIFT

    def forward(  # noqa: PLR0912, PLR0915 - inlined on purpose, see above
        self, participant: Participant, slot: int, start: int, length: int
    ) -> None:
        """Takes the SRTP datagram in ``slot``, which begins at ``start`` in the view; queues the
        slot when it goes on to the peer."""
        view, length_p, pointer, now = self._view, self._length, self._pointers[slot], self._now
        first, second, seq, timestamp, ssrc = _unpack(view, start)
        source = participant.sources.get(ssrc)
        if source is None and not participant.may_decrypt(ssrc):
            self._counters.dropped["unknown_ssrc"] += 1
            return
        length_p[0] = length
        if unprotect(participant.rx, pointer, length_p):
            self._counters.dropped["srtp_rejected"] += 1
            return
        length = length_p[0]
        if length > MAX_PLAINTEXT:
            if source is None:
                participant.strangers.add(ssrc)
            self._counters.dropped["oversized"] += 1
            return
        presence = participant.presence
        if now - presence.heard > SILENCE_S:
            participant.call.proof.silence_ended(presence, now)
        presence.heard = now

        if source is None:
            source = participant.recognise(view, start, start + length, ssrc)
            if source is None:
                self._counters.dropped["unknown_ssrc"] += 1
                return
        track = source.track
        source.packets += 1
        source.bytes += length
        if (seq - source.max_seq) & 0xFFFF == 1 and source.max_seq >= 0:
            source.max_seq = seq
            if seq == 0:
                source.cycles += 0x10000
        elif self._out_of_order(source, seq, now) < track.first_extended and (
            source is track.source
        ):
            # From before this numbering began: its number may be taken.
            return
        if timestamp != source.last_timestamp:
            source.new_timestamp(timestamp, now)

        layout = source.layout
        if not first & 0x10:
            counter_at = 0
        elif (
            length >= layout.least
            and first & 0x1F == 0x10
            and (found := layout.read(view, start + HEADER_SIZE))[:-1] == layout.heads
        ):
            counter_at = start + layout.offset
            participant.uplink.log.arrivals.append(self._stamp | found[-1])
        else:
            counter_at = self._counter(participant, source, start, length, now)

        route = track.route
        if route is None:
            return
        if source.is_rtx:
            length = self._retransmission(source, track, start, length, counter_at, now)
            if length == 0:
                return
        else:
            if track.fresh or source is not track.source:
                self._resume(source, seq, timestamp, now)
            payload_type = track.payload_types[second & 0x7F]
            if payload_type == NO_PAYLOAD_TYPE:
                self._counters.dropped["unknown_payload_type"] += 1
                return
            if track.extensions is not None and not track.extensions.apply(
                view, start, start + length
            ):
                self._counters.dropped["rtp_malformed"] += 1
                return
            if track.red is not None and second & 0x7F == track.red.red:
                end = track.red.apply(
                    view, payload_offset(view, start, start + length), start + length
                )
                if end == 0:
                    self._counters.dropped["rtp_malformed"] += 1
                    return
                length = end - start
            seq = (seq + track.seq_offset) & 0xFFFF
            _pack(
                view,
                start,
                first,
                second & 0x80 | payload_type,
                seq,
                (timestamp + track.timestamp_offset) & 0xFFFFFFFF,
                track.ssrc,
            )
            downlink = track.downlink
            if counter_at and downlink is not None:
                number = downlink.number = (downlink.number + 1) & 0xFFFF
                downlink.sent[number & MASK] = self._stamp | length << LAP_BITS | number >> 11
                view[counter_at] = number >> 8
                view[counter_at + 1] = number & 0xFF
            cache = track.cache
            if cache is not None:
                cache.put(seq, bytes(view[start : start + length]))
                keyframes = track.keyframes
                if keyframes is not None and keyframes.wanted:
                    self._look_for_keyframe(track, second & 0x7F, start, start + length)
        length_p[0] = length
        if protect(track.tx, pointer, length_p):
            self._counters.dropped["protect_failed"] += 1
            return
        length = length_p[0]
        track.packets += 1
        track.bytes += length
        if route.stream is None:
            self._queue(slot, length, route)
        else:
            route.stream(bytes(view[start : start + length]))

    def _out_of_order(self, source: Source, seq: int, now: float) -> int:
        before = source.highest if source.max_seq >= 0 else None
        extended = source.jumped(seq)
        if source.nacks is not None and before is not None and source.track.is_open:
            source.nacks.note(before, extended, now)
        return extended

    def _resume(self, source: Source, seq: int, timestamp: int, now: float) -> None:
        track = source.track
        if not track.fresh:
            track.pause()
        track.resume(source, seq, timestamp, now)
        if track.keyframes is not None:
            track.keyframes.want()

    def _counter(
        self, participant: Participant, source: Source, start: int, length: int, now: float
    ) -> int:
        """Where the transport-wide number is of a packet laid out unlike the last; 0: nowhere."""
        found = (
            find_transport_seq(self._view, start, start + length, source.counter_id)
            if source.counter_id
            else None
        )
        if found is None:
            return 0
        counter_at, source.layout = found
        number = self._view[counter_at] << 8 | self._view[counter_at + 1]
        participant.uplink.log.note(number, now)
        return counter_at

    def _look_for_keyframe(self, track: Track, payload_type: int, start: int, end: int) -> None:
        payload = self._view[payload_offset(self._view, start, end) : end]
        if track.keyframes is not None and starts_keyframe(
            track.codecs.get(payload_type, ""), payload
        ):
            track.keyframes.seen()

    def _retransmission(  # noqa: PLR0917 - a part of ``forward``
        self, source: Source, track: Track, start: int, length: int, counter_at: int, now: float
    ) -> int:
        """RFC 4588: forwarded under the relay's own retransmission numbering, or unwrapped.

        Only what the receiver cannot have yet goes on, and is kept to be repeated. Probes, padding
        or copies of what has been forwarded, end here: they ask what this hop carries, and the
        relay's feedback on them has answered.
        """
        view, end = self._view, start + length
        primary = source.primary
        if primary is None or track.cache is None or primary is not track.source:
            return 0
        first, second, _, timestamp, _ = _unpack(view, start)
        payload_type = track.payload_types[second & 0x7F]
        rtx = track.rtx_payload_types.get(payload_type)
        offset = payload_offset(view, start, end)
        if (
            track.fresh
            or payload_type == NO_PAYLOAD_TYPE
            or payload_size(view, start, end) <= _ORIGINAL_SIZE
        ):
            return 0
        extended = primary.extend(view[offset] << 8 | view[offset + 1])
        if primary.nacks is not None:
            primary.nacks.missing.pop(extended, None)
        original = (extended + track.seq_offset) & 0xFFFF
        age = primary.highest - extended
        # Where there is no RTX a number must never protect two packets: an old one is not trusted.
        if (
            extended < track.first_extended
            or track.cache.knows(original)
            or (rtx is None and age > CAPACITY // 2)
        ):
            return 0
        if track.extensions is not None and not track.extensions.apply(view, start, end):
            self._counters.drop("rtp_malformed")
            return 0
        if counter_at and track.downlink is not None:
            track.downlink.put(view, counter_at, length, now)
        timestamp = (timestamp + track.timestamp_offset) & 0xFFFFFFFF
        head = bytearray(view[start:offset])
        _pack(head, 0, first, second & 0x80 | payload_type, original, timestamp, track.ssrc)
        restored = bytes(head) + bytes(view[offset + _ORIGINAL_SIZE : end])
        if age < CAPACITY // 2:
            track.cache.put(original, restored)
        if rtx is None:
            self._slots.fill(start // SLOT_SIZE, restored)
            return len(restored)
        view[offset] = original >> 8
        view[offset + 1] = original & 0xFF
        _pack(view, start, first, second & 0x80 | rtx, track.rtx_seq, timestamp, track.rtx_ssrc)
        track.rtx_seq = (track.rtx_seq + 1) & 0xFFFF
        return length


def header_size(packet: bytes) -> int:
    """Bytes before the payload of a packet the relay has kept."""
    return payload_offset(memoryview(packet), 0, len(packet)) or HEADER_SIZE
