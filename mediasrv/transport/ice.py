"""The server's half of ICE-lite (RFC 8445 section 2.5): answer checks, never send any.

A participant is reached only at addresses from which it has proven itself with a STUN message
keyed by the password of its answer; media never moves it. The last address it nominated
(USE-CANDIDATE) is where the relay sends to. A request seen before is refused from any other
address, so that a recorded one cannot pull a call's media elsewhere.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from mediasrv.transport.stun import Request, StunError, accept, refuse_role

#: Seconds without a valid check after which a participant has withdrawn consent (RFC 7675).
CONSENT_TIMEOUT_S = 30.0

#: Requests remembered against replay from another address; at Chromium's rate, ten minutes' worth.
REMEMBERED_REQUESTS = 256


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """User name fragment and password (RFC 8839 section 5.4)."""

    ufrag: str
    password: str

    @classmethod
    def fresh(cls) -> IceCredentials:
        """Unguessable ones: 48 and 144 bits."""
        return cls(secrets.token_urlsafe(6).replace("-", "/").replace("_", "+"), _password())


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What an authenticated check led to."""

    response: bytes
    nominated: bool


class IceLite:
    """Credentials and replay memory of one participant's transport."""

    __slots__ = ("_key", "_seen", "last_check", "local", "remote")

    def __init__(self, remote: IceCredentials, now: float) -> None:
        self.local = IceCredentials.fresh()
        self.remote = remote
        self._key = self.local.password.encode()
        self._seen: OrderedDict[bytes, bytes] = OrderedDict()
        #: Monotonic time of the last valid check (at first: of the join).
        self.last_check = now

    @property
    def user(self) -> bytes:
        """The part of a request's user name that names this transport."""
        return self.local.ufrag.encode()

    def check(self, request: Request, source: bytes, now: float) -> CheckResult:
        """Answers a request that names this transport. Raises ``StunError`` for a forged one."""
        if request.user != f"{self.local.ufrag}:{self.remote.ufrag}".encode():
            raise StunError("stun_wrong_user")
        if not request.is_by(self._key):
            raise StunError("stun_forged")
        if self._seen.setdefault(request.transaction, source) != source:
            raise StunError("stun_replayed")
        if len(self._seen) > REMEMBERED_REQUESTS:
            self._seen.popitem(last=False)
        if request.controlled:
            # Both cannot be controlled; a lite agent never controls (RFC 8445 section 6.1.1).
            return CheckResult(refuse_role(request, self._key), nominated=False)
        self.last_check = now
        return CheckResult(accept(request, source, self._key), request.nominates)


def _password() -> str:
    return secrets.token_urlsafe(18).replace("-", "/").replace("_", "+")
