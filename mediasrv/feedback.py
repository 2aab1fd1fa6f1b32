"""RTCP of one side: mapped and passed on, its NACKs answered from the cache, its wishes noted."""

from __future__ import annotations

from collections.abc import Callable

from mediasrv.counters import Counters
from mediasrv.media_path import header_size
from mediasrv.negotiation import TRANSPORT_CC
from mediasrv.packet_cache import wrap_rtx
from mediasrv.participant import Participant
from mediasrv.proof import SILENCE_S
from mediasrv.route import Route
from mediasrv.rtcp import Numbers, ReportBlock, Translation, make_nack, make_pli, translate
from mediasrv.rtp import ExtensionMap
from mediasrv.track import Source, Track

#: Sender reports remembered for round trips: two streams, one every second, some seconds.
MAX_SENDER_REPORTS = 32

Send = Callable[[bytes, Route], None]


class Feedback:
    """Handles the RTCP between the two sides."""

    __slots__ = ("_counters", "_send")

    def __init__(self, counters: Counters, send: Send) -> None:
        self._counters = counters
        self._send = send

    def receive(self, participant: Participant, datagram: bytes, now: float) -> None:
        """One SRTCP datagram of a participant; forged or malformed ones are counted."""
        srtp = participant.srtp
        packet = srtp.unprotect_rtcp(datagram) if srtp is not None else None
        if packet is None:
            self._counters.drop("srtcp_rejected")
            return
        presence = participant.presence
        if now - presence.heard > SILENCE_S:
            participant.call.proof.silence_ended(presence, now)
        presence.heard = now
        participant.control_in += 1
        participant.control_bytes_in += len(packet)
        feed = participant.call.feeds[participant.side]
        numbers = Numbers(
            sources=participant.sources,
            tracks=feed.by_ssrc,
            counter_offset=feed.counter_offset,
            own_ssrc=participant.sends["audio"].ssrc,
        )
        translation = translate(packet, numbers)
        if translation.malformed:
            self._counters.drop("rtcp_malformed")
        if translation.feedback_end is not None:
            feed.feedback_end = translation.feedback_end
        for report in translation.reports:
            _note_report(participant, report, now)
        peer = participant.peer
        if peer is not None and peer.ready and translation.data:
            _note_sender_reports(peer, translation, now)
            self._control(peer, bytes(translation.data))
        for track in translation.keyframes:
            if track.is_open and track.keyframes is not None:
                track.keyframes.want()
        for track, lost in translation.nacks:
            self._answer(participant, track, lost, now)

    def ask_sender(self, sender: Participant, now: float) -> None:
        """Whatever has to be asked of a sender's video by now: a keyframe, lost packets."""
        track = sender.sends["video"]
        if not track.is_open or track.source is None:
            return
        if track.keyframes is not None and track.keyframes.wanted:
            self._ask_for_keyframe(sender, track, now)
        if track.source.nacks is not None and track.source.nacks.missing:
            self._ask_again(sender, track.source, now)

    def _ask_for_keyframe(self, sender: Participant, track: Track, now: float) -> None:
        source, requester = track.source, track.keyframes
        if source is None or requester is None or not sender.ready:
            return
        if requester.due(now, sender.rtt_s):
            sender.keyframe_requests += 1
            self._control(sender, make_pli(sender.receives["video"].ssrc, source.ssrc))

    def _ask_again(self, sender: Participant, source: Source, now: float) -> None:
        lost = source.nacks.due(now, sender.rtt_s) if source.nacks is not None else []
        if lost and sender.ready:
            sender.nacks_out += len(lost)
            self._control(sender, make_nack(sender.receives["video"].ssrc, source.ssrc, lost))

    def _answer(self, receiver: Participant, track: Track, lost: list[int], now: float) -> None:
        """Repeats what the cache holds; asks the sender for the rest."""
        receiver.nacks_in += len(lost)
        sender, cache = receiver.peer, track.cache
        if cache is None or not track.is_open or track.source is None:
            return
        missing = []
        for number in lost:
            if not cache.knows(number):
                original = (number - track.seq_offset) & 0xFFFF
                if not _asked_already(track.source, original):
                    missing.append(original)
                continue
            packet = cache.take(number, now)
            if packet is not None:
                self._repeat(receiver, track, packet)
        if missing and sender is not None and sender.ready:
            sender.nacks_out += len(missing)
            self._control(
                sender, make_nack(sender.receives["video"].ssrc, track.source.ssrc, missing)
            )

    def _repeat(self, receiver: Participant, track: Track, packet: bytes) -> None:
        rtx = track.rtx_payload_types.get(packet[1] & 0x7F)
        if rtx is not None:
            medium = receiver.agreement.medium("video")
            counter = medium.extension_id(TRANSPORT_CC) if medium is not None else 0
            plain = _without_counter(packet, counter)
            packet = wrap_rtx(plain, header_size(plain), rtx, track.rtx_seq, track.rtx_ssrc)
            track.rtx_seq = (track.rtx_seq + 1) & 0xFFFF
        if receiver.srtp is None or receiver.route is None:
            return
        protected = receiver.srtp.protect(packet)
        receiver.nacks_served += 1
        receiver.control_out += 1
        receiver.control_bytes_out += len(protected)
        self._send(protected, receiver.route)

    def _control(self, to: Participant, packet: bytes) -> None:
        if to.srtp is not None and to.route is not None:
            protected = to.srtp.protect_rtcp(packet)
            if protected:
                to.control_out += 1
                to.control_bytes_out += len(protected)
                self._send(protected, to.route)


def _asked_already(source: Source, number: int) -> bool:
    return source.nacks is not None and source.extend(number) in source.nacks.missing


def _without_counter(packet: bytes, counter_id: int) -> bytes:
    """The sender never sent this copy: its transport-wide number would be feedback on a ghost."""
    if not counter_id:
        return packet
    copy = bytearray(packet)
    keep = {number: number for number in range(1, 256) if number != counter_id}
    ExtensionMap(keep).apply(memoryview(copy), 0, len(copy))
    return bytes(copy)


def _note_report(participant: Participant, report: ReportBlock, now: float) -> None:
    report.track.loss.sample(report.highest, report.lost)
    passed = participant.sr_seen.get(report.last_sr)
    if passed is not None:
        rtt = now - passed - report.delay / 65536
        if 0 <= rtt < 10:
            participant.rtt_s = rtt


def _note_sender_reports(receiver: Participant, translation: Translation, now: float) -> None:
    for middle in translation.sender_reports:
        receiver.sr_seen[middle] = now
        if len(receiver.sr_seen) > MAX_SENDER_REPORTS:
            receiver.sr_seen.popitem(last=False)
