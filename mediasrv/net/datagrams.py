"""Sockets that move many datagrams per system call, with a plain one behind the same interface."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any, Final, Protocol

from cffi import FFI

from mediasrv.net import sockaddr
from mediasrv.net.pktinfo import Local, PacketInfo
from mediasrv.net.route import Route
from mediasrv.net.slots import MAX_DATAGRAM, SLOT_SIZE, Slots

#: Datagrams per system call; larger batches gain nothing more and add delay.
BATCH: Final = 64
#: Longest datagram the relay makes itself.
_MAX_OWN: Final = 1500
_MSG_DONTWAIT: Final = 0x40

#: ``mmsghdr`` and ``iovec`` as 64-bit words: setting a word costs half of setting a C field.
_HEADER_WORDS: Final = 8
_VECTOR_WORDS: Final = 2
#: All lengths, and all addresses, of so many received datagrams, each in one step.
_LENGTHS: Final = [struct.Struct("=" + "56xI4x" * count) for count in range(BATCH + 1)]
_NAMES: Final = [struct.Struct(f"{sockaddr.SOCKADDR_SIZE}s" * count) for count in range(BATCH + 1)]

_ffi = FFI()
_ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr {
    void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
    void *msg_control; size_t msg_controllen; int msg_flags;
};
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
int sendmmsg(int, struct mmsghdr *, unsigned int, int);
""")


class DatagramSocket(Protocol):
    """What the relay needs of a socket. One thread, never blocking."""

    #: Lengths and source addresses of what ``receive`` has put into slots 0, 1, ….
    lengths: Sequence[int]
    sources: Sequence[bytes]
    #: Datagrams the kernel would not take.
    failed: int

    def receive(self) -> int:
        """Fills slots; how many, 0 when nothing waits."""

    def local(self, slot: int) -> Local | None:
        """The address of this machine that a received datagram came to; None: the only one."""

    def queue(self, slot: int, length: int, route: Route) -> None:
        """Will send ``length`` bytes of a slot with the next ``flush``, ``BATCH`` at most."""

    def send(self, datagram: bytes, route: Route) -> None:
        """Will send a copy of a datagram with the next ``flush`` or before."""

    def flush(self) -> int:
        """Sends all that is queued; how many."""


def open_datagrams(sock: socket.socket, slots: Slots) -> DatagramSocket:
    """The batched socket where the platform has the system calls, else the plain one."""
    if sys.platform == "linux" and sys.maxsize > 2**32:
        return BatchSocket(sock, slots)
    return PlainSocket(sock, slots)


class BatchSocket:
    """``recvmmsg`` and ``sendmmsg`` straight from and to the slots (Linux)."""

    def __init__(self, sock: socket.socket, slots: Slots) -> None:
        self._fd = sock.fileno()
        self._libc: Any = _ffi.dlopen(None)
        self._slots = slots
        self.failed = 0
        self.lengths: Sequence[int] = ()
        self.sources: Sequence[bytes] = ()
        self._names = _ffi.new("unsigned char[]", BATCH * sockaddr.SOCKADDR_SIZE)
        self._names_view = memoryview(_ffi.buffer(self._names))
        self._in_vectors, self._in = _headers(BATCH)
        self._out_vectors, self._out = _headers(BATCH)
        self._own = Slots(BATCH)
        #: Where the slots are in memory, and behind them the relay's own datagrams.
        self._addresses = [
            int(_ffi.cast("uintptr_t", p)) for p in (*slots.pointers, *self._own.pointers)
        ]
        self._queued = 0
        #: Routes of what is queued: the kernel reads their memory, whoever forgets them meanwhile.
        self._kept: list[Route] = []
        self._info = PacketInfo(sock)
        size = self._control_size = self._info.size
        self._controls = _ffi.new("unsigned char[]", max(1, BATCH * size))
        self._controls_view = memoryview(_ffi.buffer(self._controls))
        # A received address is as long as the socket's family makes it: set once, never again.
        for i in range(BATCH):
            header = self._in[i].msg_hdr
            header.msg_name = self._names + i * sockaddr.SOCKADDR_SIZE
            header.msg_namelen = sockaddr.SOCKADDR_SIZE
            self._in_vectors[i].iov_base = _ffi.cast("void *", slots.pointers[i])
            # One byte more than is allowed shows a datagram that is too long.
            self._in_vectors[i].iov_len = MAX_DATAGRAM + 1
            if size:
                # Always the same message: its length, too, is set once.
                header.msg_control = self._controls + i * size
                header.msg_controllen = size
            # The kernel reads as much of a destination as its family needs.
            self._out[i].msg_hdr.msg_namelen = sockaddr.SOCKADDR_SIZE
        # Looking a structure up in an array costs as much as using it: done once.
        self._in_list = [self._in[i] for i in range(BATCH)]
        self._out_header_list = [self._out[i].msg_hdr for i in range(BATCH)]
        self._in_bytes = memoryview(_ffi.buffer(self._in))
        self._out_words = memoryview(_ffi.buffer(self._out)).cast("Q")
        self._vector_words = memoryview(_ffi.buffer(self._out_vectors)).cast("Q")

    def receive(self) -> int:
        """See ``DatagramSocket``."""
        count: int = self._libc.recvmmsg(self._fd, self._in, BATCH, _MSG_DONTWAIT, _ffi.NULL)
        if count <= 0:
            return 0
        self.lengths = _LENGTHS[count].unpack_from(self._in_bytes)
        self.sources = _NAMES[count].unpack_from(self._names_view)
        return count

    def local(self, slot: int) -> Local | None:
        """See ``DatagramSocket``."""
        size = self._control_size
        if not size or self._in_list[slot].msg_hdr.msg_controllen != size:
            return None
        return self._info.local(bytes(self._controls_view[slot * size : slot * size + size]))

    def _answer_from(self, header: Any, route: Route) -> None:
        if route.local is None:
            header.msg_controllen = 0
        else:
            header.msg_control = route.local.pointer
            header.msg_controllen = self._control_size

    def queue(self, slot: int, length: int, route: Route) -> None:
        """``length`` is in bytes; see ``DatagramSocket``."""
        i = self._queued
        vectors = self._vector_words
        vectors[_VECTOR_WORDS * i] = self._addresses[slot]
        vectors[_VECTOR_WORDS * i + 1] = length
        self._out_words[_HEADER_WORDS * i] = route.address
        self._kept.append(route)
        if self._control_size:
            self._answer_from(self._out_header_list[i], route)
        self._queued = i + 1

    def send(self, datagram: bytes, route: Route) -> None:
        """See ``DatagramSocket``."""
        if len(datagram) > _MAX_OWN:
            self.failed += 1
            return
        if self._queued == BATCH:
            self.flush()
        self._own.fill(self._queued, datagram)
        self.queue(self._slots.count + self._queued, len(datagram), route)

    def flush(self) -> int:
        """See ``DatagramSocket``."""
        done, count = 0, self._queued
        while done < count:
            sent = self._libc.sendmmsg(self._fd, self._out + done, count - done, _MSG_DONTWAIT)
            if sent <= 0:
                # The first of the rest cannot be sent (no buffer, no way there): it is lost.
                self.failed += 1
                sent = 1
            done += sent
        self._queued = 0
        self._kept.clear()
        return count


class PlainSocket:
    """One system call per datagram; for platforms without the batched ones."""

    def __init__(self, sock: socket.socket, slots: Slots) -> None:
        self._sock = sock
        self._slots = slots
        self.failed = 0
        self._lengths, self._sources = [0] * BATCH, [b""] * BATCH
        self.lengths: Sequence[int] = self._lengths
        self.sources: Sequence[bytes] = self._sources
        self._queue: list[tuple[memoryview | bytes, Route]] = []

    def receive(self) -> int:
        """See ``DatagramSocket``."""
        for i in range(BATCH):
            start = i * SLOT_SIZE
            try:
                length, address = self._sock.recvfrom_into(
                    self._slots.view[start : start + MAX_DATAGRAM + 1]
                )
            except OSError:
                return i
            self._lengths[i] = length
            self._sources[i] = sockaddr.pack(address[0].partition("%")[0], *address[1::2])
        return BATCH

    def local(self, slot: int) -> Local | None:  # noqa: ARG002 - the interface's
        """Not known here: the kernel chooses the address to answer from."""
        return None

    def queue(self, slot: int, length: int, route: Route) -> None:
        """``length`` is in bytes; see ``DatagramSocket``."""
        start = slot * SLOT_SIZE
        self._queue.append((self._slots.view[start : start + length], route))

    def send(self, datagram: bytes, route: Route) -> None:
        """See ``DatagramSocket``."""
        self._queue.append((datagram, route))

    def flush(self) -> int:
        """See ``DatagramSocket``."""
        count = len(self._queue)
        for datagram, route in self._queue:
            try:
                self._sock.sendto(datagram, sockaddr.host_port(route.key))
            except OSError:
                self.failed += 1
        self._queue.clear()
        return count


def _headers(count: int) -> tuple[Any, Any]:
    vectors = _ffi.new("struct iovec[]", count)
    headers = _ffi.new("struct mmsghdr[]", count)
    for i in range(count):
        headers[i].msg_hdr.msg_iov = vectors + i
        headers[i].msg_hdr.msg_iovlen = 1
    return vectors, headers
