"""RTCP of one side: what the relay makes of it, what it says itself.

NACKs are answered from the cache, wishes and reports noted, sender reports passed on; each sender
is told how its hop does and what is missing.
"""

from __future__ import annotations

from collections.abc import Callable

from mediasrv.call.call import Call
from mediasrv.call.consumer import Consumer
from mediasrv.call.participant import Participant
from mediasrv.call.proof import SILENCE_S
from mediasrv.call.source import Source
from mediasrv.call.translation import Numbers, Translation, renumbered, translate
from mediasrv.net.counters import Counters
from mediasrv.net.route import Route
from mediasrv.rtcp.packets import make_nack, make_pli
from mediasrv.rtp.header import payload_start
from mediasrv.rtp.packet_cache import wrap_rtx
from mediasrv.rtp.transport_seq import find_transport_seq
from mediasrv.sdp.negotiation import TRANSPORT_CC

Send = Callable[[bytes, Route], None]


class Feedback:
    """Handles the RTCP between those in a call."""

    __slots__ = ("_counters", "_send")

    def __init__(self, counters: Counters, send: Send) -> None:
        self._counters = counters
        self._send = send

    def receive(self, call: Call, participant: Participant, datagram: bytes, now: float) -> None:
        """One SRTCP datagram of a participant; forged or malformed ones are counted."""
        packet = self._decrypted(participant, datagram)
        if packet is None:
            return
        inbound, outbound = participant.inbound, participant.outbound
        presence = inbound.presence
        if now - presence.heard > SILENCE_S:
            presence.silence_ended(now)
        presence.heard = now
        inbound.control_packets += 1
        inbound.control_bytes += len(packet)
        translation = translate(packet, Numbers(inbound.sources, outbound.feed.by_ssrc))
        if translation.malformed:
            self._counters.drop("rtcp_malformed")
        for told in translation.feedback:
            outbound.downlink.feedback(told, now)
        if translation.limit_bps is not None:
            outbound.downlink.limit(translation.limit_bps)
        for report in translation.reports:
            outbound.reported(report, now)
        if translation.passages:
            self._pass_on(call, participant, translation, now)
        if translation.keyframes or translation.nacks:
            self._answer(call, participant, translation, now)

    def _decrypted(self, participant: Participant, datagram: bytes) -> bytes | None:
        inbound, srtp = participant.inbound, participant.connection.srtp
        ssrc = datagram[4] << 24 | datagram[5] << 16 | datagram[6] << 8 | datagram[7]
        known = ssrc in inbound.sources
        if not known and not inbound.may_decrypt(ssrc):
            self._counters.drop("unknown_ssrc")
            return None
        packet = srtp.unprotect_rtcp(datagram) if srtp is not None else None
        if packet is None:
            self._counters.drop("srtcp_rejected")
        elif not known:
            inbound.strangers.add(ssrc)
        return packet

    def _pass_on(
        self, call: Call, sender: Participant, translation: Translation, now: float
    ) -> None:
        """Sender reports go to everyone who is sent the media, in the numbers it is sent with."""
        middles = []
        for passage in translation.passages:
            if passage.middle >= 0 and passage.source is not None:
                passage.source.sender_report = passage.middle
                passage.source.sender_report_at = now
                middles.append(passage.middle)
        for receiver in call.hearers_of(sender.side):
            if receiver.ready:
                for middle in middles:
                    receiver.outbound.passed(middle, now)
                feed = receiver.outbound.feed
                self._control(receiver, renumbered(translation.passages, feed.consumers))

    def tell_sender(self, call: Call, sender: Participant, now: float) -> None:
        """Whatever a sender has to be told by now: how its hop does, and what it should repeat."""
        if not sender.ready:
            return
        inbound = sender.inbound
        if now >= inbound.uplink.due_at:
            limit_bps = _limit_bps(call, sender)
            own_ssrc, sources = sender.outbound.own_ssrc, inbound.sources.values()
            for report in inbound.uplink.reports(own_ssrc, sources, limit_bps, now):
                self._control(sender, report)
        camera = inbound.camera
        if camera is None or camera.consumer is None:
            return
        if camera.keyframes is not None and camera.keyframes.wanted:
            self._ask_for_keyframe(sender, camera, now)
        if camera.nacks is not None and camera.nacks.missing:
            self._ask_again(sender, camera, now)

    def _ask_for_keyframe(self, sender: Participant, camera: Source, now: float) -> None:
        keyframes, outbound = camera.keyframes, sender.outbound
        if keyframes is not None and keyframes.due(now, outbound.rtt_s):
            sender.inbound.keyframe_requests += 1
            self._control(sender, make_pli(outbound.feed.ssrcs.video, camera.ssrc))

    def _ask_again(self, sender: Participant, camera: Source, now: float) -> None:
        nacks = camera.nacks
        lost = nacks.due(now, sender.outbound.rtt_s) if nacks is not None else []
        if lost:
            self._ask_for(sender, camera, lost)

    def _ask_for(self, sender: Participant, camera: Source, lost: list[int]) -> None:
        sender.inbound.nacks_sent += len(lost)
        self._control(sender, make_nack(sender.outbound.feed.ssrcs.video, camera.ssrc, lost))

    def _answer(
        self, call: Call, receiver: Participant, translation: Translation, now: float
    ) -> None:
        """Whatever a receiver wants of what it is sent: pictures it can begin with, repeats."""
        sender = call.heard_by(receiver.side)
        if sender is None:
            return
        for consumer in translation.keyframes:
            if consumer.is_open:
                sender.inbound.want_keyframe(consumer.kind)
        for consumer, lost in translation.nacks:
            receiver.outbound.nacks_received += len(lost)
            camera = sender.inbound.camera
            if consumer.is_open and camera is not None and camera is consumer.source:
                missing = self._repeat_known(receiver, consumer, lost, now)
                numbers = [(number - consumer.seq_offset) & 0xFFFF for number in missing]
                asked = [number for number in numbers if not _asked_already(camera, number)]
                if asked and sender.ready:
                    self._ask_for(sender, camera, asked)

    def _repeat_known(
        self, receiver: Participant, consumer: Consumer, lost: list[int], now: float
    ) -> list[int]:
        """Repeats what the cache holds; the rest."""
        cache = consumer.cache
        if cache is None:
            return []
        missing = []
        for number in lost:
            if not cache.knows(number):
                missing.append(number)
                continue
            packet = cache.take(number, now)
            if packet is not None:
                self._repeat(receiver, consumer, packet, now)
        return missing

    def _repeat(self, receiver: Participant, consumer: Consumer, packet: bytes, now: float) -> None:
        rtx = consumer.rtx_payload_types.get(packet[1] & 0x7F)
        # Where there is no RTX the very same packet goes out again, its old number in it.
        if rtx is not None:
            packet = _renumbered(receiver, consumer, packet, now)
            size = payload_start(packet)
            packet = wrap_rtx(packet, size, rtx, consumer.rtx_seq, consumer.rtx_ssrc)
            consumer.rtx_seq = (consumer.rtx_seq + 1) & 0xFFFF
        srtp, route = receiver.connection.srtp, receiver.connection.route
        if srtp is None or route is None:
            return
        protected = srtp.protect(packet)
        receiver.outbound.nacks_served += 1
        receiver.outbound.sent_control(len(protected))
        self._send(protected, route)

    def _control(self, to: Participant, packet: bytes) -> None:
        srtp, route = to.connection.srtp, to.connection.route
        if srtp is not None and route is not None:
            protected = srtp.protect_rtcp(packet)
            if protected:
                to.outbound.sent_control(len(protected))
                self._send(protected, route)


def _limit_bps(call: Call, sender: Participant) -> int | None:
    """What the narrowest of its receivers' hops carries; None: no limit is known."""
    limits = [r.outbound.downlink.limit_bps for r in call.hearers_of(sender.side)]
    return min((limit for limit in limits if limit is not None), default=None)


def _asked_already(source: Source, number: int) -> bool:
    return source.nacks is not None and source.extend(number) in source.nacks.missing


def _renumbered(receiver: Participant, consumer: Consumer, packet: bytes, now: float) -> bytes:
    """Each packet on a hop has a transport-wide number of its own, repeated ones too."""
    medium = receiver.agreement.medium(consumer.kind)
    if consumer.downlink is None or medium is None:
        return packet
    view = memoryview(bytearray(packet))
    found = find_transport_seq(view, 0, len(view), medium.extension_id(TRANSPORT_CC))
    if found is not None:
        consumer.downlink.put(view, found[0], len(packet), now)
    return bytes(view)
