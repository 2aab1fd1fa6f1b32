"""The server's half of ICE-lite (RFC 8445 section 2.5): answer checks, never send any.

A participant is reached only at addresses from which it has proven itself with a STUN message
keyed by the password of its answer; media never moves it. The last address it nominated
(USE-CANDIDATE) is where the relay sends to. A request seen before is refused from any other
address, so that a recorded one cannot pull a call's media elsewhere.
"""

from __future__ import annotations

import secrets
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from aioice import stun

from mediasrv import sockaddr

#: Seconds without a valid check after which a participant has withdrawn consent (RFC 7675).
CONSENT_TIMEOUT_S = 30.0

#: Requests remembered against replay from another address; at Chromium's rate, ten minutes' worth.
REMEMBERED_REQUESTS = 256

_BINDING_REQUEST = 0x0001
_MAGIC_COOKIE = 0x2112A442


class StunError(ValueError):
    """Not a binding request that concerns anyone here; ``kind`` is the counter it falls under."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


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


def parse_request(datagram: bytes) -> stun.Message:
    """A binding request with a user name, or ``StunError``; lengths that lie are caught here.

    aioice lets ``struct.error`` and ``IndexError`` escape for short attributes, hence the breadth.
    """
    if len(datagram) < stun.HEADER_LENGTH:
        raise StunError("stun_short")
    kind, length, cookie = struct.unpack_from("!HHI", datagram)
    if length != len(datagram) - stun.HEADER_LENGTH or length % 4 or cookie != _MAGIC_COOKIE:
        raise StunError("stun_malformed")
    if kind != _BINDING_REQUEST:
        raise StunError("stun_unexpected")
    try:
        message = stun.parse_message(datagram)
    except (ValueError, struct.error, IndexError) as error:
        raise StunError("stun_malformed") from error
    if "USERNAME" not in message.attributes or "MESSAGE-INTEGRITY" not in message.attributes:
        raise StunError("stun_unauthenticated")
    return message


def local_ufrag(message: stun.Message) -> str:
    """The part of the user name that names the receiver: before the colon (RFC 8445 7.2.2)."""
    return str(message.attributes["USERNAME"]).partition(":")[0]


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

    def check(self, message: stun.Message, source: bytes, now: float) -> CheckResult:
        """Answers a request that names this transport. Raises ``StunError`` for a forged one."""
        expected = f"{self.local.ufrag}:{self.remote.ufrag}"
        if message.attributes["USERNAME"] != expected:
            raise StunError("stun_wrong_user")
        if not message.check_message_integrity(self._key):
            raise StunError("stun_forged")
        if self._seen.setdefault(message.transaction_id, source) != source:
            raise StunError("stun_replayed")
        if len(self._seen) > REMEMBERED_REQUESTS:
            self._seen.popitem(last=False)
        if "ICE-CONTROLLED" in message.attributes:
            # Both cannot be controlled; a lite agent never controls (RFC 8445 section 6.1.1).
            conflict = {"ERROR-CODE": (487, "Role Conflict")}
            return CheckResult(self._respond(message, stun.Class.ERROR, conflict), nominated=False)
        self.last_check = now
        mapped = {"XOR-MAPPED-ADDRESS": sockaddr.host_port(source)}
        return CheckResult(
            self._respond(message, stun.Class.RESPONSE, mapped),
            nominated="USE-CANDIDATE" in message.attributes,
        )

    def _respond(
        self, request: stun.Message, kind: stun.Class, attributes: Mapping[str, object]
    ) -> bytes:
        response = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=kind,
            transaction_id=request.transaction_id,
            attributes=dict(attributes),
        )
        response.add_message_integrity(self._key)
        return bytes(response)


def _password() -> str:
    return secrets.token_urlsafe(18).replace("-", "/").replace("_", "+")
