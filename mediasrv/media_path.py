"""The way of one RTP packet: authenticate, count, renumber, protect, all on the receive buffer.

This is the only code that runs for every media packet: ``forward`` for each that comes,
``_pass_on`` for each that goes out. Both are written without calls for the usual case; rarer ones
(a gap, a new stream, a retransmission) are functions of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mediasrv.call.consumer import NO_PAYLOAD_TYPE, Consumer
from mediasrv.call.inbound import Inbound
from mediasrv.call.proof import SILENCE_S
from mediasrv.call.source import Source
from mediasrv.net.counters import Counters
from mediasrv.net.memory import ffi
from mediasrv.net.route import Route
from mediasrv.net.slots import Slots
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
#: In place of the extended number of a packet that is the next one: behind any beginning.
_NEXT: Final = 1 << 60

#: ``(slot, length, route)``: the slot's first bytes will be sent there.
Queue = Callable[[int, int, Any], None]
Send = Callable[[bytes, Route], None]

#: Version with flags, marker with payload type, sequence number, timestamp, SSRC.
_Header = tuple[int, int, int, int, int]
_unpack: Final[Callable[[memoryview, int], _Header]] = HEADER.unpack_from
_pack: Final = HEADER.pack_into


class MediaPath:
    """Forwards RTP between those in a call: the last consumer is sent the buffer a packet came in
    (``queue``), everyone before it a copy (``send``)."""

    __slots__ = (
        "_copy",
        "_counters",
        "_length",
        "_now",
        "_pointers",
        "_queue",
        "_send",
        "_stamp",
        "_view",
    )

    def __init__(self, slots: Slots, counters: Counters, queue: Queue, send: Send) -> None:
        self._view = slots.view
        self._pointers = slots.pointers
        self._copy = Slots(1)
        self._counters = counters
        self._queue = queue
        self._send = send
        self._length: Any = ffi.new("int *")
        self._now, self._stamp = 0.0, 0

    def begin(self, now: float) -> None:
        """A batch of packets that came at this time is forwarded next."""
        # Both logs, of what arrives and of what is sent, keep the tick above 16 other bits.
        self._now, self._stamp = now, ticks(now) << SENT_SHIFT

    def forward(  # noqa: PLR0912, PLR0915 - inlined on purpose, see above
        self, inbound: Inbound, slot: int, start: int, length: int
    ) -> None:
        """Takes the SRTP datagram in ``slot``, which begins at ``start`` in the view and has
        ``length`` bytes; queues the slot when it goes on."""
        view, length_p, pointer, now = self._view, self._length, self._pointers[slot], self._now
        header = _unpack(view, start)
        first, _, seq, timestamp, ssrc = header
        source = inbound.sources.get(ssrc)
        if source is None and not inbound.may_decrypt(ssrc):
            self._counters.dropped["unknown_ssrc"] += 1
            return
        length_p[0] = length
        if unprotect(inbound.rx, pointer, length_p):
            self._counters.dropped["srtp_rejected"] += 1
            return
        length = length_p[0]
        if length > MAX_PLAINTEXT:
            if source is None:
                inbound.strangers.add(ssrc)
            self._counters.dropped["oversized"] += 1
            return
        presence = inbound.presence
        if now - presence.heard > SILENCE_S:
            presence.silence_ended(now)
        presence.heard = now

        if source is None:
            source = inbound.recognise(view, start, start + length, ssrc)
            if source is None:
                self._counters.dropped["unknown_ssrc"] += 1
                return
        source.packets += 1
        source.bytes += length
        extended = _NEXT
        if (seq - source.max_seq) & 0xFFFF == 1 and source.max_seq >= 0:
            source.max_seq = seq
            if seq == 0:
                source.cycles += 0x10000
        else:
            extended = self._out_of_order(source, seq, now)
        if timestamp != source.last_timestamp:
            source.new_timestamp(timestamp, now)

        layout = source.layout
        if not first & 0x10:
            seq_at = 0
        elif (
            length >= layout.least
            and first & 0x1F == 0x10
            and (found := layout.read(view, start + HEADER_SIZE))[:-1] == layout.heads
        ):
            seq_at = layout.offset
            inbound.uplink.log.arrivals.append(self._stamp | found[-1])
        else:
            seq_at = self._transport_seq(inbound, source, start, length, now)

        consumer = source.consumer
        if consumer is None:
            return
        if source.copies:
            self._send_copies(inbound, source, header, start, length, seq_at, extended)
        length = self._pass_on(
            inbound, source, consumer, header, view, pointer, start, length, seq_at, extended
        )
        route = consumer.route
        if length == 0 or route is None:
            return
        if route.stream is None:
            self._queue(slot, length, route)
        else:
            route.stream(bytes(view[start : start + length]))

    def _pass_on(  # noqa: PLR0912, PLR0917 - inlined on purpose, see above
        self,
        inbound: Inbound,
        source: Source,
        consumer: Consumer,
        header: _Header,
        view: memoryview,
        pointer: Any,
        start: int,
        length: int,
        seq_at: int,
        extended: int,
    ) -> int:
        """Makes the packet at ``[start:start + length]``, in the clear, the consumer's.

        ``header`` is as it came, ``pointer`` where it is in memory, ``seq_at`` where in it its
        transport-wide number is (0: nowhere). Its new length; 0 for one that ends here.
        """
        if source.is_rtx:
            length = self._retransmission(source, consumer, view, start, length, seq_at)
            if length == 0:
                return 0
        else:
            first, second, seq, timestamp, _ = header
            if consumer.fresh or source is not consumer.source:
                self._resume(inbound, source, consumer, seq, timestamp)
            elif extended < consumer.first_extended:
                # From before this numbering began: its number may be taken.
                return 0
            payload_type = consumer.payload_types[second & 0x7F]
            if payload_type == NO_PAYLOAD_TYPE:
                self._counters.dropped["unknown_payload_type"] += 1
                return 0
            if consumer.extensions is not None and not consumer.extensions.apply(
                view, start, start + length
            ):
                self._counters.dropped["rtp_malformed"] += 1
                return 0
            if consumer.red is not None and second & 0x7F == consumer.red.red:
                payload = payload_offset(view, start, start + length)
                end = consumer.red.apply(view, payload, start + length)
                if end == 0:
                    self._counters.dropped["rtp_malformed"] += 1
                    return 0
                length = end - start
            seq = (seq + consumer.seq_offset) & 0xFFFF
            _pack(
                view,
                start,
                first,
                second & 0x80 | payload_type,
                seq,
                (timestamp + consumer.timestamp_offset) & 0xFFFFFFFF,
                consumer.ssrc,
            )
            downlink = consumer.downlink
            if seq_at and downlink is not None:
                number = downlink.number = (downlink.number + 1) & 0xFFFF
                downlink.sent[number & MASK] = self._stamp | length << LAP_BITS | number >> 11
                view[start + seq_at] = number >> 8
                view[start + seq_at + 1] = number & 0xFF
            cache = consumer.cache
            if cache is not None:
                cache.put(seq, bytes(view[start : start + length]))
                keyframes = source.keyframes
                if keyframes is not None and keyframes.wanted:
                    self._look_for_keyframe(source, second & 0x7F, view, start, start + length)
        length_p = self._length
        length_p[0] = length
        if protect(consumer.tx, pointer, length_p):
            self._counters.dropped["protect_failed"] += 1
            return 0
        length = length_p[0]
        consumer.packets += 1
        consumer.bytes += length
        return length

    def _send_copies(  # noqa: PLR0917 - a part of ``forward``
        self,
        inbound: Inbound,
        source: Source,
        header: _Header,
        start: int,
        length: int,
        seq_at: int,
        extended: int,
    ) -> None:
        """Sends the packet, still as it came, to all consumers but the last."""
        packet = bytes(self._view[start : start + length])
        copy, pointer = self._copy.view, self._copy.pointers[0]
        for consumer in source.copies:
            self._copy.fill(0, packet)
            size = self._pass_on(
                inbound, source, consumer, header, copy, pointer, 0, length, seq_at, extended
            )
            if size and consumer.route is not None:
                self._send(self._copy.read(0, size), consumer.route)

    def _out_of_order(self, source: Source, seq: int, now: float) -> int:
        before = source.highest if source.max_seq >= 0 else None
        extended = source.jumped(seq)
        if source.nacks is not None and before is not None and source.consumer is not None:
            source.nacks.note(before, extended, now)
        return extended

    def _resume(
        self, inbound: Inbound, source: Source, consumer: Consumer, seq: int, timestamp: int
    ) -> None:
        consumer.resume(source, seq, timestamp, self._now)
        inbound.take_over(source)
        if source.keyframes is not None:
            source.keyframes.want()

    def _transport_seq(
        self, inbound: Inbound, source: Source, start: int, length: int, now: float
    ) -> int:
        """Where the transport-wide number is of a packet laid out unlike the last; 0: nowhere."""
        found = (
            find_transport_seq(self._view, start, start + length, source.seq_id)
            if source.seq_id
            else None
        )
        if found is None:
            return 0
        at, source.layout = found
        inbound.uplink.log.note(self._view[at] << 8 | self._view[at + 1], now)
        return at - start

    def _look_for_keyframe(
        self, source: Source, payload_type: int, view: memoryview, start: int, end: int
    ) -> None:
        payload = view[payload_offset(view, start, end) : end]
        codec = source.codecs.get(payload_type, "")
        if source.keyframes is not None and starts_keyframe(codec, payload):
            source.keyframes.seen()

    def _retransmission(  # noqa: PLR0917 - a part of ``_pass_on``
        self,
        source: Source,
        consumer: Consumer,
        view: memoryview,
        start: int,
        length: int,
        seq_at: int,
    ) -> int:
        """RFC 4588: forwarded under the relay's own retransmission numbering, or unwrapped.

        Only what the receiver cannot have yet goes on, and is kept to be repeated. Probes, padding
        or copies of what has been forwarded, end here: they ask what this hop carries, and the
        relay's feedback on them has answered.
        """
        end = start + length
        primary = source.primary
        if primary is None or consumer.cache is None or primary is not consumer.source:
            return 0
        first, second, _, timestamp, _ = _unpack(view, start)
        payload_type = consumer.payload_types[second & 0x7F]
        rtx = consumer.rtx_payload_types.get(payload_type)
        offset = payload_offset(view, start, end)
        if (
            consumer.fresh
            or payload_type == NO_PAYLOAD_TYPE
            or payload_size(view, start, end) <= _ORIGINAL_SIZE
        ):
            return 0
        extended = primary.extend(view[offset] << 8 | view[offset + 1])
        if primary.nacks is not None:
            primary.nacks.missing.pop(extended, None)
        original = (extended + consumer.seq_offset) & 0xFFFF
        age = primary.highest - extended
        # Where there is no RTX a number must never protect two packets: an old one is not trusted.
        if (
            extended < consumer.first_extended
            or consumer.cache.knows(original)
            or (rtx is None and age > CAPACITY // 2)
        ):
            return 0
        if consumer.extensions is not None and not consumer.extensions.apply(view, start, end):
            self._counters.drop("rtp_malformed")
            return 0
        if seq_at and consumer.downlink is not None:
            consumer.downlink.put(view, start + seq_at, length, self._now)
        timestamp = (timestamp + consumer.timestamp_offset) & 0xFFFFFFFF
        head = bytearray(view[start:offset])
        _pack(head, 0, first, second & 0x80 | payload_type, original, timestamp, consumer.ssrc)
        restored = bytes(head) + bytes(view[offset + _ORIGINAL_SIZE : end])
        if age < CAPACITY // 2:
            consumer.cache.put(original, restored)
        if rtx is None:
            view[start : start + len(restored)] = restored
            return len(restored)
        view[offset] = original >> 8
        view[offset + 1] = original & 0xFF
        _pack(
            view, start, first, second & 0x80 | rtx, consumer.rtx_seq, timestamp, consumer.rtx_ssrc
        )
        consumer.rtx_seq = (consumer.rtx_seq + 1) & 0xFFFF
        return length
