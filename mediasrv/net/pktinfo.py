"""The address a datagram came to, so that a socket bound to all addresses answers from it.

A browser takes an answer only from the address it asked (RFC 8445 section 7.2.5.2.1). A server with
several addresses would answer from the one the kernel prefers; ``IP_PKTINFO`` (ip(7)) and
``IPV6_PKTINFO`` (RFC 3542 section 6) tell and set it, as a control message beside each datagram.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Any

from mediasrv.net.memory import ffi

#: Linux's IP_PKTINFO, which older Pythons do not name.
IP_PKTINFO = 8
#: Interface, local address, and the address in the header.
_PKTINFO = struct.Struct("=i4s4s")
_PKTINFO6 = struct.Struct("=16si")
_HEADER = struct.Struct("@Nii")
#: Addresses of this machine remembered at most.
MAX_LOCALS = 256


class Local:
    """One address of this machine, as a control message to send with."""

    __slots__ = ("key", "pointer")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.pointer: Any = ffi.new("unsigned char[]", key)


class PacketInfo:
    """Control messages of a socket; ``size`` is that of one, 0 for a socket bound to one address.

    Only what comes with a STUN check is looked at: a media packet pays for one pointer.
    """

    __slots__ = ("_locals", "_six", "size")

    def __init__(self, sock: socket.socket) -> None:
        self._locals: dict[bytes, Local] = {}
        self._six = sock.family == socket.AF_INET6
        self.size = 0
        if not ipaddress.ip_address(sock.getsockname()[0]).is_unspecified:
            return
        if self._six:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            self.size = socket.CMSG_SPACE(_PKTINFO6.size)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            self.size = socket.CMSG_SPACE(_PKTINFO.size)

    def local(self, message: bytes) -> Local | None:
        """The address in a received control message, in the form to answer from."""
        if len(message) < self.size or not self.size:
            return None
        _, level, kind = _HEADER.unpack_from(message)
        if self._six and (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            address, interface = _PKTINFO6.unpack_from(message, _HEADER.size)
            # Any interface may take the answer, but a link-local address is of one.
            kept = interface if ipaddress.IPv6Address(address).is_link_local else 0
            return self._known(level, kind, _PKTINFO6.pack(address, kept))
        if not self._six and (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            _, address, _ = _PKTINFO.unpack_from(message, _HEADER.size)
            return self._known(level, kind, _PKTINFO.pack(0, address, bytes(4)))
        return None

    def _known(self, level: int, kind: int, data: bytes) -> Local:
        key = (_HEADER.pack(socket.CMSG_LEN(len(data)), level, kind) + data).ljust(self.size, b"\0")
        local = self._locals.get(key)
        if local is None:
            if len(self._locals) >= MAX_LOCALS:
                self._locals.clear()
            local = self._locals[key] = Local(key)
        return local
