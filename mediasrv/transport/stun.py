"""The STUN messages of a connectivity check, as bytes (RFC 8489).

A request is looked over in one pass, whoever sent it: nothing of it is decoded before its user is
known, nor anything believed before its integrity is checked. aioice's parser is not used because it
decodes every attribute first, and raises ``struct.error`` for short ones.
"""

from __future__ import annotations

import hmac
import struct
import zlib
from typing import Final

from mediasrv.net import sockaddr

HEADER_SIZE: Final = 20
#: Longest request taken, in bytes. Browsers send about 100; a user name may have 265 more.
MAX_REQUEST: Final = 512
#: Attributes looked at; browsers send up to nine.
MAX_ATTRIBUTES: Final = 16

_HEADER: Final = struct.Struct("!HHI")
_MAGIC_COOKIE: Final = 0x2112A442
_BINDING_REQUEST: Final = 0x0001
_BINDING_SUCCESS: Final = 0x0101
_BINDING_ERROR: Final = 0x0111

_USERNAME: Final = 0x0006
_MESSAGE_INTEGRITY: Final = 0x0008
_ERROR_CODE: Final = 0x0009
_XOR_MAPPED_ADDRESS: Final = 0x0020
_USE_CANDIDATE: Final = 0x0025
_FINGERPRINT: Final = 0x8028
_ICE_CONTROLLED: Final = 0x8029

#: HMAC-SHA1, and an attribute that holds one.
_DIGEST_SIZE: Final = 20
_INTEGRITY_SIZE: Final = 4 + _DIGEST_SIZE
_FINGERPRINT_SIZE: Final = 8
_FINGERPRINT_XOR: Final = 0x5354554E


class StunError(ValueError):
    """Not a binding request that concerns anyone here; ``kind`` is the counter it falls under."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Request:
    """A binding request as it lies there; only ``is_by`` tells whether it can be believed.

    ``integrity_at``: the byte at which its MESSAGE-INTEGRITY begins.
    """

    __slots__ = ("_datagram", "_integrity_at", "controlled", "nominates", "user")

    def __init__(
        self, datagram: bytes, user: bytes, integrity_at: int, nominates: bool, controlled: bool
    ) -> None:
        self._datagram = datagram
        self._integrity_at = integrity_at
        #: The whole user name: "<the receiver's fragment>:<the sender's>".
        self.user = user
        self.nominates = nominates
        #: Its sender takes itself for the controlled side.
        self.controlled = controlled

    @property
    def receiver(self) -> bytes:
        """The part of the user name that names who is asked (RFC 8445 section 7.2.2)."""
        return self.user.partition(b":")[0]

    @property
    def transaction(self) -> bytes:
        """The 12 bytes that tell requests apart."""
        return self._datagram[8:HEADER_SIZE]

    def is_by(self, key: bytes) -> bool:
        """Whether it was made with the password ``key`` (RFC 8489 section 14.5)."""
        at = self._integrity_at
        return hmac.compare_digest(
            _digest(self._datagram[:at], key),
            self._datagram[at + 4 : at + _INTEGRITY_SIZE],
        )


def read_request(datagram: bytes) -> Request:
    """A binding request with a user name and a proof of it. Raises ``StunError``."""
    _check_header(datagram)
    size = len(datagram)
    user, nominates, controlled = b"", False, False
    at = HEADER_SIZE
    for _ in range(MAX_ATTRIBUTES):
        if at == size:
            break
        kind, length = (
            datagram[at] << 8 | datagram[at + 1],
            datagram[at + 2] << 8 | datagram[at + 3],
        )
        value = at + 4
        if value + length > size:
            raise StunError("stun_malformed")
        if kind == _MESSAGE_INTEGRITY:
            if length != _DIGEST_SIZE or not _fingerprint_fits(datagram):
                raise StunError("stun_malformed")
            if not user:
                break
            # Whatever follows is not protected, so it means nothing.
            return Request(datagram, user, at, nominates, controlled)
        if kind == _USERNAME:
            user = datagram[value : value + length]
        elif kind == _USE_CANDIDATE:
            nominates = True
        elif kind == _ICE_CONTROLLED:
            controlled = True
        at = value + (length + 3 & ~3)
    raise StunError("stun_unauthenticated")


def _check_header(datagram: bytes) -> None:
    size = len(datagram)
    if size < HEADER_SIZE:
        raise StunError("stun_short")
    kind, length, cookie = _HEADER.unpack_from(datagram)
    if length != size - HEADER_SIZE or length % 4 or cookie != _MAGIC_COOKIE:
        raise StunError("stun_malformed")
    if kind != _BINDING_REQUEST:
        raise StunError("stun_unexpected")
    if size > MAX_REQUEST:
        raise StunError("stun_oversized")


def looks_like_request(packet: bytes) -> bool:
    """Whether a packet begins as a binding request of a length that is read."""
    return HEADER_SIZE <= len(packet) <= MAX_REQUEST and _HEADER.unpack_from(packet) == (
        _BINDING_REQUEST,
        len(packet) - HEADER_SIZE,
        _MAGIC_COOKIE,
    )


def accept(request: Request, source: bytes, key: bytes) -> bytes:
    """The answer to a check that came from the ``sockaddr`` ``source``."""
    address, port = sockaddr.address_port(source)
    pad = int.from_bytes(struct.pack("!I", _MAGIC_COOKIE) + request.transaction)
    pad >>= 8 * (16 - len(address))
    masked = (int.from_bytes(address) ^ pad).to_bytes(len(address))
    family = 1 if len(address) == 4 else 2
    value = struct.pack("!BBH", 0, family, port ^ _MAGIC_COOKIE >> 16) + masked
    return _answer(_BINDING_SUCCESS, request, _attribute(_XOR_MAPPED_ADDRESS, value), key)


def refuse_role(request: Request, key: bytes) -> bytes:
    """The answer to a check whose sender would be controlled too (RFC 8445 section 7.3.1.1)."""
    value = struct.pack("!HBB", 0, 4, 87) + b"Role Conflict"
    return _answer(_BINDING_ERROR, request, _attribute(_ERROR_CODE, value), key)


def _answer(kind: int, request: Request, attributes: bytes, key: bytes) -> bytes:
    head = _HEADER.pack(kind, len(attributes), _MAGIC_COOKIE) + request.transaction
    message = head + attributes
    message = _with_length(message + _attribute(_MESSAGE_INTEGRITY, _digest(message, key)))
    fingerprint = _fingerprint(message)
    return _with_length(message + _attribute(_FINGERPRINT, struct.pack("!I", fingerprint)))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _with_length(message: bytes, more: int = 0) -> bytes:
    """The message with the length in its head that it has with ``more`` bytes after it."""
    return message[:2] + struct.pack("!H", len(message) - HEADER_SIZE + more) + message[4:]


def _digest(before: bytes, key: bytes) -> bytes:
    """Over all before the attribute, with the length of a message that ends with it."""
    return hmac.digest(key, _with_length(before, _INTEGRITY_SIZE), "sha1")


def _fingerprint(before: bytes) -> int:
    return zlib.crc32(_with_length(before, _FINGERPRINT_SIZE)) ^ _FINGERPRINT_XOR


def _fingerprint_fits(datagram: bytes) -> bool:
    """The last attribute, if it is a fingerprint, is that of what is before it."""
    before, last = datagram[:-_FINGERPRINT_SIZE], datagram[-_FINGERPRINT_SIZE:]
    if last[:4] != struct.pack("!HH", _FINGERPRINT, 4):
        return True
    return int.from_bytes(last[4:]) == _fingerprint(before)
