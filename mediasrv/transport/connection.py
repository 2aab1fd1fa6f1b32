"""One participant's transport: the addresses it has proven, its handshake, its keys."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from mediasrv.net.pktinfo import Local
from mediasrv.net.route import Route, Stream
from mediasrv.transport.dtls import Certificate, Dtls, DtlsState, Fingerprint
from mediasrv.transport.ice import CONSENT_TIMEOUT_S, IceCredentials, IceLite
from mediasrv.transport.srtp import SrtpPair

#: Addresses a participant may have proven at once; the oldest unused one makes room.
MAX_ROUTES = 8
#: DTLS datagrams taken from a participant in one second; a handshake needs about six.
MAX_DTLS_PER_S = 60


class Connection:
    """ICE, DTLS, SRTP of one participant; ``route`` is where it is reached."""

    __slots__ = ("_fingerprints", "dtls", "dtls_budget", "ice", "route", "routes", "srtp")

    def __init__(
        self, remote: IceCredentials, fingerprints: Sequence[Fingerprint], now: float
    ) -> None:
        self._fingerprints = fingerprints
        self.ice = IceLite(remote, now)
        self.dtls: Dtls | None = None
        #: DTLS datagrams it may still send this second.
        self.dtls_budget = MAX_DTLS_PER_S
        self.srtp: SrtpPair | None = None
        self.routes: OrderedDict[bytes, Route] = OrderedDict()
        self.route: Route | None = None

    @property
    def ready(self) -> bool:
        """Media can be sent to it."""
        return self.srtp is not None and self.route is not None

    def is_lost(self, now: float) -> bool:
        """It has said goodbye, its handshake failed, or it has long not answered for itself."""
        dtls = self.dtls
        if dtls is not None and dtls.state in (DtlsState.CLOSED, DtlsState.FAILED):
            return True
        return now - self.ice.last_check > CONSENT_TIMEOUT_S

    def add_route(self, key: bytes, stream: Stream | None, local: Local | None) -> Route:
        """A proven address, now the most recently used one."""
        route = self.routes.get(key)
        if route is None:
            route = self.routes[key] = Route(key, stream, local)
        self.routes.move_to_end(key)
        return route

    def surplus_route(self) -> Route | None:
        """Takes out the oldest unused address when there are too many."""
        if len(self.routes) <= MAX_ROUTES:
            return None
        key = next(k for k, route in self.routes.items() if route is not self.route)
        return self.routes.pop(key)

    def open_dtls(self, certificate: Certificate) -> Dtls:
        """The association, made with the first datagram that has passed the rate limit."""
        self.dtls = Dtls(certificate, "server", self._fingerprints)
        return self.dtls

    def secure(self) -> SrtpPair | None:
        """Takes the SRTP keys over once the handshake is done; None: not now."""
        if self.dtls is None or self.dtls.keys is None or self.srtp is not None:
            return None
        self.srtp = SrtpPair(self.dtls.keys)
        return self.srtp

    def forget(self) -> None:
        """Nothing is sent there any more."""
        self.routes.clear()
        self.route = self.srtp = None
