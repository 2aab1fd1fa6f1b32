"""Whose datagrams come from where: the addresses that participants have proven."""

from __future__ import annotations

from mediasrv.call.call import Call
from mediasrv.call.participant import Participant
from mediasrv.net.pktinfo import Local
from mediasrv.net.route import Route, Stream


class Arrival:
    """Whose datagrams come from one address; looked up for each of them."""

    __slots__ = ("call", "inbound", "participant", "route")

    def __init__(self, call: Call, participant: Participant, route: Route) -> None:
        self.call = call
        self.participant = participant
        self.inbound = participant.inbound
        self.route = route


class Arrivals:
    """All proven addresses of a relay, in ``by_source``; nothing but these points up to calls."""

    __slots__ = ("by_source", "streams")

    def __init__(self) -> None:
        self.by_source: dict[bytes, Arrival] = {}
        #: Open TCP connections by source, kept by the shell.
        self.streams: dict[bytes, Stream] = {}

    def prove(
        self, call: Call, participant: Participant, source: bytes, local: Local | None
    ) -> Route:
        """A participant has proven an address, at one of this machine's (None: the only one)."""
        known = self.by_source.get(source)
        if known is not None and known.participant is not participant:
            # A browser reuses a port for its next connection: the newer proof counts.
            self._drop(known)
            known = None
        connection = participant.connection
        route = connection.add_route(source, self.streams.get(source), local)
        if known is None:
            self.by_source[source] = Arrival(call, participant, route)
        surplus = connection.surplus_route()
        if surplus is not None:
            self.by_source.pop(surplus.key, None)
        return route

    def lost(self, source: bytes) -> None:
        """A TCP connection is gone; its participant waits for the next check from elsewhere."""
        self.streams.pop(source, None)
        arrival = self.by_source.pop(source, None)
        if arrival is not None:
            self._drop(arrival)

    def forget(self, participant: Participant) -> None:
        """Nothing that arrives concerns this participant any more."""
        for key in participant.connection.routes:
            self.by_source.pop(key, None)

    def _drop(self, arrival: Arrival) -> None:
        connection = arrival.participant.connection
        connection.routes.pop(arrival.route.key, None)
        if connection.route is arrival.route:
            connection.route = None
            arrival.call.wire()
