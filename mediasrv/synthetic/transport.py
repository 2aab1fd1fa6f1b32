"""The browser's end of a transport without a socket: checks, consent, handshake, keys.

It speaks to full ICE agents too (answers their checks, takes the DTLS server's part when they are
active), so that benchmarks can put other servers in the relay's place.
"""

from __future__ import annotations

import secrets
import struct
from typing import Literal

from aioice import stun

from mediasrv.synthetic.sdp import Answer
from mediasrv.transport.dtls import Certificate, Dtls, DtlsState
from mediasrv.transport.ice import IceCredentials
from mediasrv.transport.srtp import SrtpPair

#: Seconds between checks until one is answered, and between consent checks after (RFC 7675).
CHECK_S = 0.1
CONSENT_S = 2.0
#: Checks not yet answered that are remembered.
MAX_PENDING = 32


class Transport:
    """Controlling ICE agent and DTLS client. Datagrams and time in, datagrams out."""

    def __init__(self, certificate: Certificate, ice: IceCredentials) -> None:
        self._certificate = certificate
        self._ice = ice
        self._answer: Answer | None = None
        self._dtls: Dtls | None = None
        self._pending: dict[bytes, None] = {}
        self._check_at = float("inf")
        self.checked = False
        self.srtp: SrtpPair | None = None
        self._tie_breaker = secrets.randbits(64)

    def start(self, answer: Answer, now: float) -> None:
        """Begins checking; also the way to restart ICE with a new answer."""
        self._answer = answer
        self.checked = False
        self._pending.clear()
        self._check_at = now

    def renew(self, ice: IceCredentials) -> None:
        """New credentials for an ICE restart; the next ``start`` uses them."""
        self._ice = ice

    @property
    def closed(self) -> bool:
        """The relay has said goodbye, or the handshake failed."""
        dtls = self._dtls
        return dtls is not None and dtls.state in (DtlsState.CLOSED, DtlsState.FAILED)

    def receive(self, datagram: bytes, now: float) -> list[bytes]:
        """A STUN or DTLS datagram."""
        if datagram[0] < 4:
            return self._stun(datagram, now)
        if self._dtls is None:
            return []
        out = self._dtls.receive(datagram, now)
        if self._dtls.keys is not None and self.srtp is None:
            self.srtp = SrtpPair(self._dtls.keys)
        return out

    def tick(self, now: float) -> list[bytes]:
        """What is due: checks, consent, handshake repeats."""
        out = []
        if now >= self._check_at:
            out.append(self._check())
            self._check_at = now + (CONSENT_S if self.checked else CHECK_S)
        if self._dtls is not None:
            out += self._dtls.timeout(now)
        return out

    def close(self, now: float) -> list[bytes]:
        """Says goodbye."""
        self._check_at = float("inf")
        return self._dtls.close(now) if self._dtls is not None else []

    def _check(self) -> bytes:
        assert self._answer is not None
        remote = self._answer.ice
        request = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.REQUEST,
            attributes={
                "USERNAME": f"{remote.ufrag}:{self._ice.ufrag}",
                "PRIORITY": 1853824767,
                "ICE-CONTROLLING": self._tie_breaker,
                "USE-CANDIDATE": None,
            },
        )
        request.add_message_integrity(remote.password.encode())
        if len(self._pending) >= MAX_PENDING:
            self._pending.pop(next(iter(self._pending)))
        self._pending[request.transaction_id] = None
        return bytes(request)

    def _stun(self, datagram: bytes, now: float) -> list[bytes]:
        assert self._answer is not None
        try:
            message = stun.parse_message(datagram)
        except (ValueError, struct.error, IndexError):
            return []
        if message.message_class is stun.Class.REQUEST:
            return self._answer_check(message)
        if message.message_class is not stun.Class.RESPONSE:
            return []
        if not message.check_message_integrity(self._answer.ice.password.encode()):
            return []
        if message.transaction_id not in self._pending:
            return []
        del self._pending[message.transaction_id]
        if not self.checked:
            self.checked = True
            self._check_at = now + CONSENT_S
            if self._dtls is None:
                role: Literal["server", "client"] = (
                    "server" if self._answer.setup == "active" else "client"
                )
                self._dtls = Dtls(self._certificate, role, [self._answer.fingerprint])
                return self._dtls.start(now) if role == "client" else []
        return []

    def _answer_check(self, request: stun.Message) -> list[bytes]:
        assert self._answer is not None
        key = self._ice.password.encode()
        if not request.check_message_integrity(key):
            return []
        response = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.RESPONSE,
            transaction_id=request.transaction_id,
            attributes={"XOR-MAPPED-ADDRESS": self._answer.address},
        )
        response.add_message_integrity(key)
        return [bytes(response)]
