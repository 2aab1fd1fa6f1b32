"""Socket addresses in the kernel's own layout, so that a received one is a dictionary key as is.

The layout is Linux's ``sockaddr_in`` and ``sockaddr_in6``, padded to 28 bytes; it is also the
canonical form for engines that run without a kernel socket (tests, plain datagram endpoints).
IPv4 addresses stay IPv4 also where a dual-stack socket shows them as ``::ffff:a.b.c.d``: the kernel
needs the mapped form back, so conversion happens only for people (``host_port``).
"""

from __future__ import annotations

import ipaddress
import socket
import struct

#: Bytes of a ``sockaddr_in6``; the shorter ``sockaddr_in`` is padded with zeros.
SOCKADDR_SIZE = 28

_AF_INET = int(socket.AF_INET)
_AF_INET6 = int(socket.AF_INET6)
#: What an IPv4 address has before it where a dual-stack socket shows it.
_MAPPED = bytes(10) + b"\xff\xff"


def pack(host: str, port: int, scope: int = 0) -> bytes:
    """``sockaddr`` of a numeric host, 28 bytes; ``scope`` is the interface of a link-local one.

    Raises ``ValueError`` for a name or a bad port.
    """
    if not 0 <= port <= 0xFFFF:
        raise ValueError(f"port {port} is out of range")
    address = ipaddress.ip_address(host)
    if address.version == 4:
        head = struct.pack("=H", _AF_INET) + struct.pack("!H", port) + address.packed
    else:
        head = struct.pack("=H", _AF_INET6) + struct.pack("!HI", port, 0) + address.packed
        head += struct.pack("=I", scope)
    return head.ljust(SOCKADDR_SIZE, b"\0")


def address_port(sockaddr: bytes) -> tuple[bytes, int]:
    """The address in 4 or 16 bytes, and the port; an IPv4-mapped one is the IPv4 address it is."""
    (port,) = struct.unpack_from("!H", sockaddr, 2)
    if struct.unpack_from("=H", sockaddr)[0] == _AF_INET:
        return sockaddr[4:8], port
    address = sockaddr[8:24]
    return (address[12:] if address.startswith(_MAPPED) else address), port


def host_port(sockaddr: bytes) -> tuple[str, int]:
    """Numeric host and port; an IPv4-mapped IPv6 address is shown as the IPv4 address it is."""
    address, port = address_port(sockaddr)
    return str(ipaddress.ip_address(address)), port
