"""ICE over TCP for networks that block UDP (RFC 6544 passive candidates, RFC 4571 framing).

The listener shares the port number of the UDP socket. A frame is two bytes of length and a packet;
what is in it goes through the same engine as a datagram. Nobody may hold a connection open without
proving by a STUN check that it belongs to a call: what a stranger sends before is looked at here,
and the first frame that is no check ends the connection.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from mediasrv.net import sockaddr
from mediasrv.net.counters import Counters
from mediasrv.net.route import Stream
from mediasrv.net.slots import MAX_DATAGRAM

MAX_CONNECTIONS = 1000
MAX_PER_HOST = 32
#: Seconds a new connection has for its first valid check, and checks it may try.
PROVE_S = 10.0
MAX_TRIES = 8
#: Bytes of the shortest packet a participant sends, a DTLS record; nothing shorter means anything.
MIN_FRAME = 13
#: Bytes waiting to be sent beyond which media is dropped: old media is worth nothing.
MAX_BACKLOG = 128 * 1024


@dataclass(frozen=True, kw_only=True)
class Handlers:
    """What a listener asks of whoever takes its packets. A source is a ``sockaddr``, a byte longer.

    ``receive(packet, source)``; ``knows(source)``: it has been proven; ``is_check(packet)``: it may
    prove it. ``opened(source, stream)`` comes first, ``lost(source)`` last.
    """

    receive: Callable[[bytes, bytes], None]
    knows: Callable[[bytes], bool]
    is_check: Callable[[bytes], bool]
    opened: Callable[[bytes, Stream], None]
    lost: Callable[[bytes], None]


class TcpListener:
    """Accepts connections, within limits, and hands their packets over."""

    def __init__(self, handlers: Handlers, counters: Counters) -> None:
        self.handlers = handlers
        self.counters = counters
        self.hosts: Counter[str] = Counter()
        self.connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, sock: socket.socket) -> None:
        """Listens on a bound socket, which it owns from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), sock=sock)

    async def close(self) -> None:
        """Closes the listener and every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.abort()


class Connection(asyncio.Protocol):
    """One browser's connection."""

    def __init__(self, listener: TcpListener) -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._host = ""
        self._tries = 0
        self._deadline: asyncio.TimerHandle | None = None
        #: A UDP ``sockaddr`` and one byte more, so that the two never meet.
        self.source = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuses at once what is over the limits."""
        # Not an isinstance: uvloop's transports are no subclasses.
        transport = cast(asyncio.Transport, transport)
        listener = self._listener
        name = transport.get_extra_info("peername")
        if name is None or len(listener.connections) >= MAX_CONNECTIONS:
            listener.counters.drop("tcp_limit")
            transport.abort()
            return
        self._host = name[0].partition("%")[0]
        if listener.hosts[self._host] >= MAX_PER_HOST:
            listener.counters.drop("tcp_limit")
            transport.abort()
            return
        self._transport = transport
        self.source = sockaddr.pack(self._host, name[1]) + b"t"
        listener.hosts[self._host] += 1
        listener.connections.add(self)
        listener.handlers.opened(self.source, self._send)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(PROVE_S, self._must_be_known)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forgets the connection."""
        if self._transport is None:
            return
        self._transport = None
        if self._deadline is not None:
            self._deadline.cancel()
        listener = self._listener
        listener.connections.discard(self)
        listener.hosts[self._host] -= 1
        if listener.hosts[self._host] <= 0:
            del listener.hosts[self._host]
        listener.handlers.lost(self.source)

    def data_received(self, data: bytes) -> None:
        """Cuts the stream into frames; one that cannot be a packet ends the connection."""
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= 2:
            (length,) = struct.unpack_from("!H", self._buffer, at)
            if not MIN_FRAME <= length <= MAX_DATAGRAM:
                self._refuse("tcp_malformed")
                return
            if len(self._buffer) - at - 2 < length:
                break
            if not self._take(bytes(self._buffer[at + 2 : at + 2 + length])):
                return
            at += 2 + length
        del self._buffer[:at]

    def _take(self, packet: bytes) -> bool:
        """Hands a packet over; False when a stranger's ended the connection."""
        handlers = self._listener.handlers
        if not handlers.knows(self.source):
            self._tries += 1
            if self._tries > MAX_TRIES or not handlers.is_check(packet):
                self._refuse("tcp_unproven")
                return False
        handlers.receive(packet, self.source)
        return True

    def _refuse(self, kind: str) -> None:
        self._listener.counters.drop(kind)
        self.abort()

    def abort(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _send(self, packet: bytes) -> None:
        transport = self._transport
        if transport is None:
            return
        if transport.get_write_buffer_size() > MAX_BACKLOG:
            self._listener.counters.drop("tcp_clogged")
            return
        transport.write(struct.pack("!H", len(packet)) + packet)

    def _must_be_known(self) -> None:
        if not self._listener.handlers.knows(self.source):
            self._refuse("tcp_unproven")
