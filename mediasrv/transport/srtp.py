"""SRTP in place: libsrtp works on the receive buffers themselves (RFC 3711, RFC 7714).

``pylibsrtp.Session`` copies each packet twice; the functions under it take a pointer and a length.
This module reaches for those in the pinned ``pylibsrtp._binding``, as nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile
from pylibsrtp import Policy, Session
from pylibsrtp._binding import lib

from mediasrv.net.memory import ffi

__all__ = [
    "PROFILES",
    "SRTP_OVERHEAD",
    "SrtpKeys",
    "SrtpPair",
    "protect",
    "protect_rtcp",
    "unprotect",
    "unprotect_rtcp",
]

#: Profiles this build of libsrtp can do, best first.
PROFILES: tuple[SRTPProtectionProfile, ...] = tuple(SRTP_PROFILES)

#: Most bytes protection can add: tag 16, SRTCP index 4 (no MKI is ever used), rounded up.
SRTP_OVERHEAD: Final = 32

#: Packets a reordered or late one may be behind and still be checked against replay.
REPLAY_WINDOW: Final = 1024

#: ``(context, pointer to packet, pointer to length) -> status``; 0 is success. All work in place.
protect: Final[Any] = lib.srtp_protect
unprotect: Final[Any] = lib.srtp_unprotect
protect_rtcp: Final[Any] = lib.srtp_protect_rtcp
unprotect_rtcp: Final[Any] = lib.srtp_unprotect_rtcp


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key and salt of each direction, as DTLS exported them (RFC 5764 section 4.2)."""

    profile: SRTPProtectionProfile
    receive: bytes
    send: bytes


class SrtpPair:
    """The receiving and the sending context of one DTLS association."""

    __slots__ = ("_keep", "_length", "_scratch", "_view", "rx", "tx")

    def __init__(self, keys: SrtpKeys) -> None:
        receiving = Session(_policy(keys.profile, keys.receive, Policy.SSRC_ANY_INBOUND))
        sending = Session(_policy(keys.profile, keys.send, Policy.SSRC_ANY_OUTBOUND))
        self._keep = (receiving, sending)
        self.rx: Any = receiving._srtp[0]
        self.tx: Any = sending._srtp[0]
        self._scratch = ffi.new("unsigned char[]", 2048)
        self._view = ffi.buffer(self._scratch)
        self._length = ffi.new("int *")

    def protect(self, packet: bytes) -> bytes:
        """A protected copy of an RTP packet made by the relay (at most 1,400 bytes)."""
        return self._copy(packet, protect, self.tx) or b""

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A protected copy of an RTCP packet made by the relay (at most 1,400 bytes)."""
        return self._copy(packet, protect_rtcp, self.tx) or b""

    def unprotect(self, packet: bytes) -> bytes | None:
        """The RTP packet in the clear, or None when it is forged, replayed or too long."""
        return self._copy(packet, unprotect, self.rx)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """The RTCP packet in the clear, or None when it is forged, replayed or too long."""
        return self._copy(packet, unprotect_rtcp, self.rx)

    def _copy(self, packet: bytes, operation: Any, context: Any) -> bytes | None:
        size = len(packet)
        if not 8 <= size <= 2048 - SRTP_OVERHEAD:
            return None
        self._view[0:size] = packet
        self._length[0] = size
        if operation(context, self._scratch, self._length):
            return None
        return bytes(self._view[0 : self._length[0]])


def _policy(profile: SRTPProtectionProfile, key: bytes, direction: int) -> Policy:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile.libsrtp_profile)
    policy.window_size = REPLAY_WINDOW
    # Where RTX is not negotiated a packet is sent again under its own sequence number.
    policy.allow_repeat_tx = True
    return policy
