"""A relay without socket or clock: datagrams with the time go in, datagrams with changes come out.

``receive`` takes datagrams (already in slots) with their sources and the time. A media packet is
forwarded where it lies: its slot is handed to ``queue`` with the route to send it to. Everything
else to be sent is collected in ``outbox``. ``tick`` does what is due by time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mediasrv.arrivals import Arrival, Arrivals
from mediasrv.call.call import ABANDONED_S, Call
from mediasrv.call.participant import Participant
from mediasrv.errors import RelayDrainingError, RelayFullError, UnknownCallError
from mediasrv.feedback import Feedback
from mediasrv.media_path import MediaPath, Queue
from mediasrv.net import sockaddr
from mediasrv.net.counters import Counters
from mediasrv.net.pktinfo import Local
from mediasrv.net.rate_limit import RateLimit
from mediasrv.net.route import Route
from mediasrv.net.slots import MAX_DATAGRAM, SLOT_SIZE, Slots
from mediasrv.sdp.answer import LocalTransport, write_answer
from mediasrv.sdp.negotiation import Agreement, negotiate, understood
from mediasrv.sdp.offer import parse_offer
from mediasrv.stats import CallStats, Side, Totals
from mediasrv.transport.dtls import Certificate, DtlsState
from mediasrv.transport.ice import IceLite
from mediasrv.transport.stun import StunError, read_request

#: Shortest datagrams that can be SRTP (header and tag) and SRTCP (header, index and tag).
_MIN_SRTP: Final = 12 + 10
_MIN_SRTCP: Final = 8 + 4 + 10
#: Seconds between looks at the participants' states and at a proof limit.
REVIEW_S: Final = 0.1
SAMPLE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine needs to know; ``addresses`` and ``port`` are written into answers."""

    addresses: tuple[str, ...]
    port: int
    max_calls: int = 500
    handshakes_per_s: int = 100
    tcp: bool = False


class Engine:
    """All calls of one relay."""

    def __init__(
        self, config: EngineConfig, slots: Slots, certificate: Certificate, queue: Queue
    ) -> None:
        self._config = config
        self._certificate = certificate
        self._slots = slots
        self.counters = Counters()
        self.outbox: list[tuple[bytes, Route]] = []
        #: Calls in which a participant's state changed since this was last emptied.
        self.changed: set[str] = set()
        self.draining = False
        self._calls: dict[str, Call] = {}
        self.arrivals = Arrivals()
        #: Which address of this machine the datagram in a slot came to; set by the shell.
        self.local: Callable[[int], Local | None] = lambda _: None
        #: Participants by the user name their checks are for.
        self._users: dict[bytes, tuple[Call, Participant]] = {}
        self._handshaking: set[Participant] = set()
        self._media = MediaPath(slots, self.counters, queue, self._send)
        self._feedback = Feedback(self.counters, self._send)
        self._handshakes = RateLimit(config.handshakes_per_s)
        self._review_at = self._sample_at = float("-inf")

    # -- datagrams -------------------------------------------------------------------------------

    def receive(
        self, count: int, lengths: Sequence[int], sources: Sequence[bytes], now: float
    ) -> None:
        """Datagrams in slots 0 to ``count``; never raises, whatever they hold."""
        view, counters = self._slots.view, self.counters
        arrivals = self.arrivals.by_source
        media = self._media
        media.begin(now)
        counters.packets_in += count
        for slot in range(count):
            length, source, start = lengths[slot], sources[slot], slot * SLOT_SIZE
            arrival = arrivals.get(source)
            if (
                arrival is not None
                and 127 < view[start] < 192
                and not 191 < view[start + 1] < 224
                and _MIN_SRTP <= length <= MAX_DATAGRAM
                and (inbound := arrival.inbound).rx is not None
            ):
                media.forward(inbound, slot, start, length)
            else:
                self._other(slot, length, source, now)

    def _other(self, slot: int, length: int, source: bytes, now: float) -> None:
        """Everything that is not a media packet of a participant with keys (RFC 7983)."""
        if not 0 < length <= MAX_DATAGRAM:
            self.counters.drop("empty" if length == 0 else "oversized")
            return
        datagram = self._slots.read(slot, length)
        first = datagram[0]
        if first < 4:
            self._stun(slot, datagram, source, now)
            return
        arrival = self.arrivals.by_source.get(source)
        if arrival is None:
            self.counters.drop("unknown_source")
        elif 20 <= first <= 63:
            self._dtls(arrival, datagram, now)
        elif not 128 <= first <= 191:
            self.counters.drop("unknown_protocol")
        elif length < _MIN_SRTCP:
            self.counters.drop("short")
        elif arrival.inbound.rx is None:
            self.counters.drop("media_before_keys")
        else:
            self._feedback.receive(arrival.call, arrival.participant, datagram, now)

    def _stun(self, slot: int, datagram: bytes, source: bytes, now: float) -> None:
        try:
            request = read_request(datagram)
            user = self._users.get(request.receiver)
            if user is None:
                raise StunError("stun_unknown_user")
            call, participant = user
            result = participant.connection.ice.check(request, source, now)
        except StunError as error:
            self.counters.drop(error.kind)
            return
        local = self.local(slot)
        route = self.arrivals.prove(call, participant, source, local)
        connection = participant.connection
        if connection.route is None or (result.nominated and connection.route is not route):
            connection.route = route
            call.wire()
        if route.local is not local:
            # One port of a browser asks several addresses of this machine: each answers for itself,
            # and media goes out from the one it has chosen.
            if result.nominated:
                route.local = local
            else:
                route = Route(source, route.stream, local)
        self._send(result.response, route)

    def _dtls(self, arrival: Arrival, datagram: bytes, now: float) -> None:
        participant, connection = arrival.participant, arrival.participant.connection
        connection.dtls_budget -= 1
        if connection.dtls_budget < 0:
            self.counters.drop("dtls_flood")
            return
        dtls = connection.dtls
        if dtls is None:
            host, _ = sockaddr.host_port(arrival.route.key)
            if not self._handshakes.allows(host, now):
                self.counters.drop("handshake_limit")
                return
            dtls = connection.open_dtls(self._certificate)
            self._handshaking.add(participant)
        for flight in dtls.receive(datagram, now):
            self._send(flight, arrival.route)
        if dtls.state is not DtlsState.HANDSHAKING:
            self._handshaking.discard(participant)
            if dtls.state is DtlsState.CONNECTED and participant.secure():
                arrival.call.wire()
            self._review(arrival.call, participant, now)

    def _send(self, datagram: bytes, route: Route) -> None:
        self.counters.packets_out += 1
        self.outbox.append((datagram, route))

    # -- time ------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """What is due: handshake repeats, feedback, requests, states. Call every 20 ms."""
        for participant in list(self._handshaking):
            dtls, route = participant.connection.dtls, participant.connection.route
            if dtls is None or route is None:
                continue
            for flight in dtls.timeout(now):
                self._send(flight, route)
            if dtls.state is DtlsState.FAILED:
                self._handshaking.discard(participant)
        for call, participant in self._users.values():
            self._feedback.tell_sender(call, participant, now)
        if now - self._review_at >= REVIEW_S:
            self._review_at = now
            for call in list(self._calls.values()):
                self._review_call(call, now)
        if now - self._sample_at >= SAMPLE_S:
            self._sample_at = now
            for call in self._calls.values():
                for participant in call.participants.values():
                    participant.sample()

    def _review_call(self, call: Call, now: float) -> None:
        for participant in call.participants.values():
            self._review(call, participant, now)
        call.proof.read_ms()
        if call.proof.exhausted and not call.stopped:
            call.stopped = True
            call.wire()
            self.changed.add(call.id)
        if not call.participants and now - call.empty_since > ABANDONED_S:
            del self._calls[call.id]
            self.changed.add(call.id)

    def _review(self, call: Call, participant: Participant, now: float) -> None:
        if participant.review(now):
            self.changed.add(call.id)
            if participant.gone:
                self._forget(participant)
                call.wire()

    # -- calls -----------------------------------------------------------------------------------

    def join(self, call_id: str, side: Side, offer_sdp: str, now: float) -> str:
        """Answers an offer; see ``docs/protocol.md`` section 3 for when it restarts only ICE."""
        call = self._calls.get(call_id)
        if call is None and self.draining:
            raise RelayDrainingError("the relay takes no new calls")
        if call is None and len(self._calls) >= self._config.max_calls:
            raise RelayFullError(f"the relay carries its {self._config.max_calls} calls already")
        offer = parse_offer(offer_sdp)
        opposite = call.heard_by(side) if call else None
        other = opposite.agreement if opposite is not None and not opposite.gone else None
        agreement = negotiate(offer, other)
        if call is None:
            call = self._calls[call_id] = Call(call_id, now)
        present = call.participants.get(side)
        if present is not None and _same_connection(present, agreement):
            return self._restart_ice(call, present, agreement, now)
        if present is not None:
            self._part(call, side, now)
        participant = call.enter(side, agreement, now)
        if opposite is not None and other is not None and not understood(other, agreement):
            # It sends what this side cannot decode. A fresh offer of its page will be answered
            # with what both can; until then its connection is of no use.
            self._part(call, opposite.side, now)
        self._users[participant.connection.ice.user] = call, participant
        self.changed.add(call_id)
        return self._answer(call, participant)

    def _restart_ice(
        self, call: Call, participant: Participant, agreement: Agreement, now: float
    ) -> str:
        """New credentials for the same connection; keys, streams and the old route stay."""
        connection = participant.connection
        if agreement.ice != participant.agreement.ice:
            self._users.pop(connection.ice.user, None)
            connection.ice = IceLite(agreement.ice, now)
            participant.agreement = agreement
            participant.version += 1
            self._users[connection.ice.user] = call, participant
        return self._answer(call, participant)

    def _answer(self, call: Call, participant: Participant) -> str:
        local = LocalTransport(
            session_id=int.from_bytes(call.id.encode()[-7:]),
            version=participant.version,
            ice=participant.connection.ice.local,
            fingerprint=self._certificate.fingerprint,
            addresses=self._config.addresses,
            port=self._config.port,
            tcp=self._config.tcp,
        )
        place = call.places[participant.side]
        stream = f"tipmeet-{place.hears}"
        return write_answer(participant.agreement, local, place.feed.ssrcs, stream)

    def leave(self, call_id: str, side: Side, now: float) -> None:
        """Takes one side out; the call and its proof stay until ``close_call``."""
        call = self._call(call_id)
        if self._part(call, side, now) is None:
            raise UnknownCallError(f"the {side} is not in the call")
        self.changed.add(call_id)

    def close_call(self, call_id: str, now: float) -> int:
        """Ends the call; returns the final proof in milliseconds."""
        call = self._call(call_id)
        for side in list(call.participants):
            self._part(call, side, now)
        del self._calls[call_id]
        self.changed.discard(call_id)
        return call.proof.read_ms()

    def set_mode(self, call_id: str, *, forward: bool, count: bool, now: float) -> None:
        """Whether media flows, and whether it is counted as proof."""
        call = self._call(call_id)
        call.forward, call.count = forward, count
        call.proof.set_counting(count, now)
        call.wire()

    def limit_proof(self, call_id: str, limit_ms: int | None) -> None:
        """Stops forwarding once the proof reaches the limit; raising it lets media flow again."""
        call = self._call(call_id)
        call.proof.set_limit_ms(limit_ms)
        if call.stopped and not call.proof.exhausted:
            call.stopped = False
            call.wire()

    def proof_ms(self, call_id: str) -> int:
        """Milliseconds proven so far."""
        return self._call(call_id).proof.read_ms()

    def stats(self, call_id: str, now: float) -> CallStats:
        """The call as of now."""
        return self._call(call_id).stats(now)

    def totals(self) -> Totals:
        """The relay as of now."""
        return Totals(
            calls=len(self._calls),
            participants=sum(len(c.participants) for c in self._calls.values()),
            draining=self.draining,
            packets_in=self.counters.packets_in,
            packets_out=self.counters.packets_out,
            dropped=dict(self.counters.dropped),
        )

    def calls(self) -> list[str]:
        """Ids of the calls on this relay."""
        return list(self._calls)

    def _call(self, call_id: str) -> Call:
        call = self._calls.get(call_id)
        if call is None:
            raise UnknownCallError("the relay does not carry this call")
        return call

    def _part(self, call: Call, side: Side, now: float) -> Participant | None:
        participant = call.participants.get(side)
        if participant is None:
            return None
        dtls, route = participant.connection.dtls, participant.connection.route
        if dtls is not None and route is not None:
            for goodbye in dtls.close(now):
                self._send(goodbye, route)
        self._forget(participant)
        return call.remove(side, now)

    def _forget(self, participant: Participant) -> None:
        """Nothing that arrives concerns this participant any more."""
        self._users.pop(participant.connection.ice.user, None)
        self._handshaking.discard(participant)
        self.arrivals.forget(participant)
        participant.forget()


def _same_connection(present: Participant, agreement: Agreement) -> bool:
    """The offer comes from the very connection that is joined, so its keys still hold."""
    before = present.agreement
    return (
        not present.gone
        and before.offer.session == agreement.offer.session
        and before.fingerprints == agreement.fingerprints
        and before.media == agreement.media
    )
