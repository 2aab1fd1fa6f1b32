"""A proven address of a participant, in the form the kernel wants it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mediasrv.srtp import ffi

if TYPE_CHECKING:
    from mediasrv.participant import Participant


class Route:
    """One address; ``key`` is its ``sockaddr``, ``pointer`` the same in memory for the kernel."""

    __slots__ = ("key", "participant", "pointer")

    def __init__(self, key: bytes, participant: Participant) -> None:
        self.key = key
        self.participant = participant
        self.pointer: Any = ffi.new("unsigned char[]", key)
