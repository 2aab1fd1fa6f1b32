"""A call: who is joined, who hears whom, whether media may flow."""

from __future__ import annotations

from collections.abc import Sequence

from mediasrv.call.consumer import Consumer
from mediasrv.call.outbound import Feed
from mediasrv.call.participant import Participant
from mediasrv.call.proof import Presence, ProofCounter
from mediasrv.sdp.negotiation import Agreement
from mediasrv.stats import SIDES, CallStats, Side

#: Seconds without any participant after which a call nobody closed is dropped.
ABANDONED_S = 300.0


class Place:
    """What stays of one side however often it comes and goes; ``hears`` is whom it is sent."""

    __slots__ = ("feed", "hears", "presence")

    def __init__(self, hears: Side, presence: Presence, feed: Feed) -> None:
        self.hears: Side = hears
        self.presence = presence
        self.feed = feed


class Call:
    """The places of a call, those who are in them, and what lies between them.

    The client hears the provider, the provider the client. Whoever else has a place hears one of
    them: for the sender it is one consumer more.
    """

    def __init__(self, call_id: str, now: float) -> None:
        self.id = call_id
        self._used_ssrcs: set[int] = set()
        self.places: dict[Side, Place] = {}
        self.participants: dict[Side, Participant] = {}
        #: Looked up for reports and feedback; as ``wire`` has found it.
        self._hearers: dict[Side, list[Participant]] = {}
        self.proof = ProofCounter()
        for side, other, presence in zip(SIDES, reversed(SIDES), self.proof.sides, strict=True):
            self.add_place(side, other, presence)
        self.forward = True
        #: The proof has reached its limit: nothing is forwarded whatever the mode says.
        self.stopped = False
        self.count = True
        self.empty_since = now

    def add_place(self, side: Side, hears: Side, presence: Presence) -> None:
        """Room for one who is sent the media of ``hears``."""
        self.places[side] = Place(hears, presence, Feed(self._used_ssrcs))

    def enter(self, side: Side, agreement: Agreement, now: float) -> Participant:
        """A participant in its place; the one that was there must have been taken out."""
        place = self.places[side]
        participant = Participant(side, agreement, place.presence, place.feed, now)
        place.feed.count_anew()
        self.participants[side] = participant
        self.wire()
        return participant

    def remove(self, side: Side, now: float) -> Participant | None:
        """Takes a participant out."""
        participant = self.participants.pop(side, None)
        self._hearers.pop(side, None)
        if participant is not None:
            for kind in self.places[side].feed.consumers:
                participant.inbound.feed(kind, ())
        self.wire()
        if not self.participants:
            self.empty_since = now
        return participant

    def heard_by(self, side: Side) -> Participant | None:
        """Whoever this side is sent the media of, if it is there."""
        return self.participants.get(self.places[side].hears)

    def hearers_of(self, side: Side) -> Sequence[Participant]:
        """Everyone there who is sent this side's media."""
        return self._hearers.get(side, ())

    def wire(self) -> None:
        """Opens and closes consumers according to who is ready and whether media may flow."""
        open_to: dict[Side, dict[str, list[Consumer]]] = {}
        for side in self.participants:
            open_to[side] = {"audio": [], "video": []}
            self._hearers[side] = [
                p for p in self.participants.values() if self.places[p.side].hears == side
            ]
        for side, place in self.places.items():
            sender, receiver = self.heard_by(side), self.participants.get(side)
            for kind, consumer in place.feed.consumers.items():
                if sender is None or receiver is None:
                    consumer.close()
                elif self._wire(consumer, sender, receiver):
                    open_to[sender.side][kind].append(consumer)
        for side, participant in self.participants.items():
            for kind, consumers in open_to[side].items():
                participant.inbound.feed(kind, consumers)

    def _wire(self, consumer: Consumer, sender: Participant, receiver: Participant) -> bool:
        """Whether media flows to the consumer now."""
        give = sender.agreement.medium(consumer.kind)
        take = receiver.agreement.medium(consumer.kind)
        srtp, route = receiver.connection.srtp, receiver.connection.route
        if (
            not self.forward
            or self.stopped
            or sender.gone
            or receiver.gone
            or srtp is None
            or route is None
            or give is None
            or take is None
            or not give.sends
            or not take.receives
        ):
            consumer.close()
            return False
        if consumer.open(give, take, srtp.tx, route, receiver.outbound.downlink):
            sender.inbound.want_keyframe(consumer.kind)
        return True

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
