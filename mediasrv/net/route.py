"""A proven address of a participant, in the form it is sent to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mediasrv.net.memory import ffi
from mediasrv.net.pktinfo import Local

#: Sends one packet over a connection; drops it when the connection is clogged.
Stream = Callable[[bytes], None]


class Route:
    """One address; ``key`` is its ``sockaddr``, ``address`` where it is in memory for the kernel.

    ``local`` is the address of this machine it is sent from; None: the kernel chooses.
    Over TCP the key has a byte more (so it is no UDP address), and ``stream`` does the sending.
    """

    __slots__ = ("_memory", "address", "key", "local", "stream")

    def __init__(self, key: bytes, stream: Stream | None, local: Local | None = None) -> None:
        self.key = key
        self._memory: Any = ffi.new("unsigned char[]", key)
        self.address = int(ffi.cast("uintptr_t", self._memory))
        self.stream = stream
        self.local = local
