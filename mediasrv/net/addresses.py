"""Which addresses browsers are told, with what is wrong about them."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence


def announced_addresses(host: str) -> tuple[str, ...]:
    """The addresses to tell browsers for a bound host: itself, or what a wildcard resolves to.

    A wildcard is resolved by asking the kernel which address it would use towards the internet
    (nothing is sent). Without such a route only this machine can call.
    """
    address = ipaddress.ip_address(host)
    if not address.is_unspecified:
        return (host,)
    probes = [(socket.AF_INET, "198.51.100.1")]
    if address.version == 6:
        probes.append((socket.AF_INET6, "2001:db8::1"))
    found = []
    for family, target in probes:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            continue
    return tuple(found) or ("127.0.0.1",)


def problems(host: str, announced: Sequence[str]) -> list[str]:
    """Sentences on what will keep browsers away, each with its mend; empty when all seems well.

    Raises ``ValueError`` for an announced address that is none (a name, a wildcard, multicast).
    """
    bound = ipaddress.ip_address(host)
    found = []
    for text in announced:
        address = ipaddress.ip_address(text)
        if address.is_unspecified or address.is_multicast:
            raise ValueError(f"{text} cannot be announced: browsers need one host's address")
        if address.version == 6 and bound.version == 4:
            found.append(
                f"{text} is announced but the socket is IPv4 only; bind to :: to take both"
            )
        if address.version == 4 and bound.version == 6 and not bound.is_unspecified:
            found.append(f"{text} is announced but the socket is bound to {host} only")
        if address.is_loopback and bound.is_unspecified:
            found.append(f"{text} reaches only this machine; announce the server's public address")
        elif address.is_loopback != bound.is_loopback and not bound.is_unspecified:
            found.append(f"{text} is announced but packets come to {host}; is a NAT between them?")
        elif address.is_link_local:
            found.append(f"{text} reaches only one network segment; announce a routable address")
        elif address.is_private and not address.is_loopback:
            found.append(
                f"{text} is private: browsers outside this network cannot reach it;"
                " announce the public address of the NAT and forward the port"
            )
    return found
