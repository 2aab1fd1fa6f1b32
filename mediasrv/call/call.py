"""A call of two sides: who is joined, how their media is wired together, and its proof."""

from __future__ import annotations

import secrets

from mediasrv.call.participant import Participant
from mediasrv.call.proof import ProofCounter
from mediasrv.call.track import NO_PAYLOAD_TYPE, Track
from mediasrv.rtp.header import ExtensionMap
from mediasrv.rtp.red import RedMap
from mediasrv.sdp.answer import OutboundSsrcs
from mediasrv.sdp.negotiation import MID, TRANSPORT_CC, Medium
from mediasrv.stats import SIDES, CallStats, Side

#: Seconds without any participant after which a call nobody closed is dropped.
ABANDONED_S = 300.0


class Feed:
    """Everything one side is sent: its tracks, whoever sends them."""

    def __init__(self, used: set[int]) -> None:
        ssrcs = [_fresh_ssrc(used) for _ in range(3)]
        self.ssrcs = OutboundSsrcs(*ssrcs)
        self.tracks = {
            "audio": Track("audio", ssrcs[0], 0),
            "video": Track("video", ssrcs[1], ssrcs[2]),
        }
        self.by_ssrc = {t.ssrc: t for t in self.tracks.values()}
        self.by_ssrc[ssrcs[2]] = self.tracks["video"]


class Call:
    """Both sides and what lies between them."""

    def __init__(self, call_id: str, now: float) -> None:
        self.id = call_id
        used: set[int] = set()
        self.feeds: dict[Side, Feed] = {side: Feed(used) for side in SIDES}
        self.participants: dict[Side, Participant] = {}
        self.proof = ProofCounter()
        self.forward = True
        #: The proof has reached its limit: nothing is forwarded whatever the mode says.
        self.stopped = False
        self.count = True
        self.empty_since = now

    def enter(self, participant: Participant) -> None:
        """Puts a participant in its place; the one that was there must have been taken out."""
        side = participant.side
        other: Side = SIDES[1 - SIDES.index(side)]
        participant.sends = self.feeds[other].tracks
        participant.receives = self.feeds[side].tracks
        participant.camera = participant.sends["video"]
        participant.announce_sources()
        # The side's presence goes on: a rejoin within two seconds leaves no hole in the proof.
        participant.presence = self.proof.sides[SIDES.index(side)]
        self.participants[side] = participant
        for track in self.feeds[other].tracks.values():
            track.source = None
        for track in participant.receives.values():
            track.packets = track.bytes = 0
        for source in participant.sources.values():
            if not source.is_rtx and source.track.source is None:
                source.track.source = source
        self.wire()

    def remove(self, side: Side, now: float) -> Participant | None:
        """Takes a participant out."""
        participant = self.participants.pop(side, None)
        self.wire()
        if not self.participants:
            self.empty_since = now
        return participant

    def wire(self) -> None:
        """Opens and closes the tracks according to who is ready and whether media may flow."""
        for i, side in enumerate(SIDES):
            sender = self.participants.get(side)
            receiver = self.participants.get(SIDES[1 - i])
            if sender is not None:
                sender.peer = receiver
            for kind, track in self.feeds[SIDES[1 - i]].tracks.items():
                self._wire_track(track, kind, sender, receiver)

    def _wire_track(
        self, track: Track, kind: str, sender: Participant | None, receiver: Participant | None
    ) -> None:
        give = sender.agreement.medium(kind) if sender is not None else None
        take = receiver.agreement.medium(kind) if receiver is not None else None
        wanted = (
            self.forward
            and not self.stopped
            and sender is not None
            and receiver is not None
            and not sender.gone
            and receiver.ready
            and give is not None
            and take is not None
            and give.sends
            and take.receives
        )
        if not wanted or receiver is None or give is None or take is None:
            if track.is_open:
                track.pause()
            track.tx = track.route = track.downlink = None
            return
        _map(track, give, take)
        was_open = track.is_open
        track.tx, track.route = receiver.tx, receiver.route
        track.downlink = receiver.downlink if take.extension_id(TRANSPORT_CC) else None
        if not was_open and track.keyframes is not None:
            track.keyframes.want()

    def stats(self, now: float) -> CallStats:
        """The call as of now."""
        return CallStats(
            call=self.id,
            proof_ms=self.proof.read_ms(),
            forward=self.forward and not self.stopped,
            count=self.count,
            media={
                side: self.participants[side].media(now) if side in self.participants else None
                for side in SIDES
            },
        )


def _map(track: Track, give: Medium, take: Medium) -> None:
    """Payload types and header extension ids of the sender, in the receiver's."""
    theirs = {c.key: c for c in take.codecs}
    payload_types = bytearray([NO_PAYLOAD_TYPE]) * 128
    track.rtx_payload_types = {c.payload_type: c.rtx for c in take.codecs if c.rtx is not None}
    track.codecs = {c.payload_type: c.key for c in give.codecs}
    track.red = None
    for codec in give.codecs:
        if codec.key not in theirs:
            continue
        other = theirs[codec.key]
        payload_types[codec.payload_type] = other.payload_type
        if codec.rtx is not None:
            # A retransmission is mapped through the codec it repeats; see ``media_path``.
            payload_types[codec.rtx] = other.payload_type
        if codec.red is not None:
            payload_types[codec.red] = other.payload_type if other.red is None else other.red
            if other.red is None or codec.payload_type != other.payload_type:
                inner = {codec.payload_type: other.payload_type}
                track.red = RedMap(codec.red, inner, unwrap=other.red is None)
    track.payload_types = bytes(payload_types)
    ids = {number: take.extension_id(uri) for number, uri in give.extensions}
    if give.mid != take.mid:
        # SSRCs tell the sections apart; a section id of the other offer would tell them wrong.
        ids[give.extension_id(MID)] = 0
    changed = any(number != out for number, out in ids.items() if number)
    track.extensions = ExtensionMap(ids) if changed else None


def _fresh_ssrc(used: set[int]) -> int:
    while True:
        ssrc = secrets.randbits(32)
        if ssrc and ssrc not in used:
            used.add(ssrc)
            return ssrc
