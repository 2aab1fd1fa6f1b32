"""RTCP of one side: what the relay makes of it, and what it says itself.

NACKs are answered from the cache, wishes and reports noted, sender reports passed on; each sender
is told how its hop does and what is missing.
"""

from __future__ import annotations

from collections.abc import Callable

from mediasrv.call.participant import Participant
from mediasrv.call.proof import SILENCE_S
from mediasrv.call.track import Source, Track
from mediasrv.call.translation import Numbers, ReportBlock, Translation, translate
from mediasrv.media_path import header_size
from mediasrv.net.counters import Counters
from mediasrv.net.route import Route
from mediasrv.rtcp.packets import make_nack, make_pli
from mediasrv.rtp.packet_cache import wrap_rtx
from mediasrv.rtp.transport_seq import find_transport_seq
from mediasrv.sdp.negotiation import TRANSPORT_CC

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
        packet = self._decrypted(participant, datagram)
        if packet is None:
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
            own_ssrc=participant.sends["audio"].ssrc,
        )
        translation = translate(packet, numbers)
        if translation.malformed:
            self._counters.drop("rtcp_malformed")
        for told in translation.feedback:
            participant.downlink.feedback(told, now)
        if translation.limit_bps is not None:
            participant.downlink.limit(translation.limit_bps)
        for source, middle in translation.sender_reports:
            source.sender_report, source.sender_report_at = middle, now
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

    def _decrypted(self, participant: Participant, datagram: bytes) -> bytes | None:
        ssrc = int.from_bytes(datagram[4:8])
        known = ssrc in participant.sources
        if not known and not participant.may_decrypt(ssrc):
            self._counters.drop("unknown_ssrc")
            return None
        srtp = participant.srtp
        packet = srtp.unprotect_rtcp(datagram) if srtp is not None else None
        if packet is None:
            self._counters.drop("srtcp_rejected")
        elif not known:
            participant.strangers.add(ssrc)
        return packet

    def tell_sender(self, sender: Participant, now: float) -> None:
        """Whatever a sender has to be told by now: how its hop does, and what it should repeat."""
        if not sender.ready:
            return
        if now >= sender.uplink.due_at:
            peer = sender.peer
            limit_bps = peer.downlink.limit_bps if peer is not None else None
            own_ssrc = sender.receives["audio"].ssrc
            sources = sender.sources.values()
            for report in sender.uplink.reports(own_ssrc, sources, limit_bps, now):
                self._control(sender, report)
        self._ask_sender(sender, now)

    def _ask_sender(self, sender: Participant, now: float) -> None:
        """Whatever has to be asked of a sender's video by now: a keyframe, lost packets."""
        track = sender.camera
        if track is None or not track.is_open or track.source is None:
            return
        if track.keyframes is not None and track.keyframes.wanted:
            self._ask_for_keyframe(sender, track, now)
        nacks = track.source.nacks
        if nacks is not None and nacks.missing:
            self._ask_again(sender, track.source, now)

    def _ask_for_keyframe(self, sender: Participant, track: Track, now: float) -> None:
        source, requester = track.source, track.keyframes
        if source is None or requester is None:
            return
        if requester.due(now, sender.rtt_s):
            sender.keyframe_requests += 1
            self._control(sender, make_pli(sender.receives["video"].ssrc, source.ssrc))

    def _ask_again(self, sender: Participant, source: Source, now: float) -> None:
        lost = source.nacks.due(now, sender.rtt_s) if source.nacks is not None else []
        if lost:
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
                self._repeat(receiver, track, packet, now)
        if missing and sender is not None and sender.ready:
            sender.nacks_out += len(missing)
            self._control(
                sender, make_nack(sender.receives["video"].ssrc, track.source.ssrc, missing)
            )

    def _repeat(self, receiver: Participant, track: Track, packet: bytes, now: float) -> None:
        rtx = track.rtx_payload_types.get(packet[1] & 0x7F)
        # Where there is no RTX the very same packet goes out again, its old number in it.
        if rtx is not None:
            packet = _renumbered(receiver, track, packet, now)
            packet = wrap_rtx(packet, header_size(packet), rtx, track.rtx_seq, track.rtx_ssrc)
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


def _renumbered(receiver: Participant, track: Track, packet: bytes, now: float) -> bytes:
    """Each packet on a hop has a transport-wide number of its own, repeated ones too."""
    medium = receiver.agreement.medium(track.kind)
    if track.downlink is None or medium is None:
        return packet
    view = memoryview(bytearray(packet))
    found = find_transport_seq(view, 0, len(view), medium.extension_id(TRANSPORT_CC))
    if found is not None:
        track.downlink.put(view, found[0], len(packet), now)
    return bytes(view)


def _note_report(participant: Participant, report: ReportBlock, now: float) -> None:
    report.track.loss.sample(report.highest, report.lost)
    passed = participant.sr_seen.get(report.last_sr)
    if passed is not None:
        rtt = now - passed - report.delay / 65536
        if 0 <= rtt < 10:
            participant.rtt_s = rtt


def _note_sender_reports(receiver: Participant, translation: Translation, now: float) -> None:
    for _, middle in translation.sender_reports:
        receiver.sr_seen[middle] = now
        if len(receiver.sr_seen) > MAX_SENDER_REPORTS:
            receiver.sr_seen.popitem(last=False)
