"""Free ports that stay free: never one that the kernel may give to an outgoing connection."""

from __future__ import annotations

import random
import socket
from pathlib import Path

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 20_000
_USUAL_EPHEMERAL = 32_768
_ATTEMPTS = 200


def free_port(host: str = "127.0.0.1", *, count: int = 1) -> int:
    """The first of `count` ports in a row on which nobody listens now, over TCP or UDP.

    Below the range of outgoing connections, as a server that is started again must find its port
    as it left it. Raises OSError when there are none.
    """
    highest = _first_ephemeral() - count
    for _ in range(_ATTEMPTS):
        first = random.randint(_LOWEST, highest)  # noqa: S311 - not a secret
        if all(_is_free(host, first + at) for at in range(count)):
            return first
    raise OSError(f"no {count} free ports in a row from {_LOWEST} to {highest}")


def _first_ephemeral() -> int:
    try:
        first = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError):  # another system
        return _USUAL_EPHEMERAL
    return first if first > _LOWEST + 1000 else _USUAL_EPHEMERAL


def _is_free(host: str, port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
