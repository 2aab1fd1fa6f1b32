"""DTLS with SRTP keys (RFC 6347, RFC 5764), as a machine that owns no socket, no task.

aiortc's ``RTCDtlsTransport`` is a coroutine that awaits datagrams: an empty or oversized one raises
out of its loop and closes the transport, its fingerprint check leaves the transport open, and
retransmission timers hide between awaits. The OpenSSL connection under it is sans-IO already (two
memory BIOs), so this module drives that directly and keeps aiortc's certificate, cipher and SRTP
profile choices. Differences that matter:

* A memory BIO joins records into one stream; ``_datagrams`` cuts it back at record boundaries into
  datagrams of at most ``MTU`` bytes, since a record must not be split over datagrams.
* DTLS 1.2 is the ceiling: it is what WebRTC requires of everyone, and its record headers carry
  the lengths that cutting needs.
* A peer whose certificate does not match the offer never gets keys and is told nothing more.
"""

from __future__ import annotations

import contextlib
import enum
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiortc.rtcdtlstransport import X509_DIGEST_ALGORITHMS, RTCCertificate, certificate_digest
from OpenSSL import SSL

from mediasrv.transport.srtp import PROFILES, SrtpKeys

#: Bytes of a datagram that fit any path of the internet (IPv6 minimum less headers).
MTU = 1200

_RECORD_HEADER = 13
_DTLS_1_2 = 0xFEFD
_READ_SIZE = 65536


class DtlsState(enum.Enum):
    """Life of an association; ``FAILED`` and ``CLOSED`` are final."""

    HANDSHAKING = "handshaking"
    CONNECTED = "connected"
    CLOSED = "closed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Digest of the peer's certificate as its SDP states it (RFC 8122 section 5)."""

    algorithm: str
    value: str


class Certificate:
    """This process's self-signed certificate, fresh with every start (RFC 8827 section 6.5)."""

    def __init__(self) -> None:
        self._certificate: Any = RTCCertificate.generateCertificate()

    @functools.cached_property
    def fingerprint(self) -> Fingerprint:
        """SHA-256 digest, for the answer."""
        found = next(
            f for f in self._certificate.getFingerprints() if f.algorithm.lower() == "sha-256"
        )
        return Fingerprint(found.algorithm, found.value)

    @functools.cached_property
    def context(self) -> SSL.Context:
        """One OpenSSL context serves all associations of the process."""
        context: SSL.Context = self._certificate._create_ssl_context(srtp_profiles=list(PROFILES))
        context.set_max_proto_version(_DTLS_1_2)
        return context


class Dtls:
    """One association: feed datagrams and time, send what comes back, read ``keys`` at the end."""

    __slots__ = ("_connection", "_expected", "_role", "keys", "state", "wake_at")

    def __init__(
        self,
        certificate: Certificate,
        role: Literal["server", "client"],
        expected: Sequence[Fingerprint],
    ) -> None:
        self._connection = SSL.Connection(certificate.context)
        self._connection.set_ciphertext_mtu(MTU)
        self._role = role
        if role == "server":
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
        self._expected = tuple(expected)
        self.state = DtlsState.HANDSHAKING
        self.keys: SrtpKeys | None = None
        #: Monotonic time of the next retransmission, None when there is none to wait for.
        self.wake_at: float | None = None

    def start(self, now: float) -> list[bytes]:
        """The client's first flight."""
        self._advance()
        return self._flush(now)

    def receive(self, datagram: bytes, now: float) -> list[bytes]:
        """Takes one DTLS datagram (first byte 20 to 63); never raises."""
        if self.state in (DtlsState.CLOSED, DtlsState.FAILED) or len(datagram) < _RECORD_HEADER:
            return []
        try:
            self._connection.bio_write(datagram)
        except SSL.Error:
            return []
        if self.state is DtlsState.HANDSHAKING:
            self._advance()
        if self.state is DtlsState.CONNECTED:
            self._read()
        return self._flush(now)

    def timeout(self, now: float) -> list[bytes]:
        """Repeats the last flight when ``wake_at`` has come."""
        if self.wake_at is None or now < self.wake_at:
            return []
        if self.state is DtlsState.HANDSHAKING:
            try:
                self._connection.DTLSv1_handle_timeout()
            except SSL.Error:
                # OpenSSL gives up after about a dozen repeats.
                self.state = DtlsState.FAILED
        return self._flush(now)

    def close(self, now: float) -> list[bytes]:
        """Says goodbye with a close_notify alert."""
        if self.state not in (DtlsState.HANDSHAKING, DtlsState.CONNECTED):
            return []
        with contextlib.suppress(SSL.Error):
            self._connection.shutdown()
        goodbye = self._flush(now)
        self.state = DtlsState.CLOSED
        self.wake_at = None
        return goodbye

    def _advance(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error:
            self.state = DtlsState.FAILED
            return
        self.keys = self._export() if self._peer_is_who_it_said() else None
        self.state = DtlsState.CONNECTED if self.keys else DtlsState.FAILED

    def _read(self) -> None:
        """Lets OpenSSL answer repeated flights and notice a close; no application data is used."""
        try:
            self._connection.recv(_READ_SIZE)
        except SSL.ZeroReturnError:
            self.state = DtlsState.CLOSED
        except SSL.WantReadError:
            pass
        except SSL.Error:
            # A fatal alert of the peer; an unreadable record is dropped inside OpenSSL.
            self.state = DtlsState.CLOSED

    def _peer_is_who_it_said(self) -> bool:
        """All fingerprints of a known algorithm must match, and there must be one."""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return False
        known = [f for f in self._expected if f.algorithm.lower() in X509_DIGEST_ALGORITHMS]
        return bool(known) and all(
            f.value.upper() == certificate_digest(certificate, f.algorithm.lower()) for f in known
        )

    def _export(self) -> SrtpKeys | None:
        chosen = self._connection.get_selected_srtp_profile()
        profile = next((p for p in PROFILES if p.openssl_profile == chosen), None)
        if profile is None:
            return None
        material = self._connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        client, server = (profile.get_key_and_salt(material, i) for i in (0, 1))
        if self._role == "server":
            return SrtpKeys(profile, receive=client, send=server)
        return SrtpKeys(profile, receive=server, send=client)

    def _flush(self, now: float) -> list[bytes]:
        try:
            stream = self._connection.bio_read(_READ_SIZE)
        except SSL.Error:
            stream = b""
        left = None
        if self.state is DtlsState.HANDSHAKING:
            left = self._connection.DTLSv1_get_timeout()
        self.wake_at = None if left is None else now + left
        return _datagrams(stream)


def _datagrams(stream: bytes) -> list[bytes]:
    """Cuts joined DTLS 1.2 records into datagrams of whole records, at most ``MTU`` bytes each."""
    datagrams: list[bytes] = []
    start = position = 0
    while position + _RECORD_HEADER <= len(stream):
        end = position + _RECORD_HEADER + int.from_bytes(stream[position + 11 : position + 13])
        if end - start > MTU and position > start:
            datagrams.append(stream[start:position])
            start = position
        position = end
    if position > start:
        datagrams.append(stream[start:position])
    return datagrams
