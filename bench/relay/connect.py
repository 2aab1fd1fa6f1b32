"""Connects the benchmark's participants to a system under test: real ICE, real DTLS."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable

from bench.relay.packets import Endpoint, Stream
from mediasrv.synthetic.peer import Peer
from mediasrv.synthetic.sdp import VIDEO_TYPE, Answer, read_answer

#: ``(participant, offer) -> answer``.
Join = Callable[[int, str], Awaitable[str]]

_BUFFER = 4 << 20
#: Participants that shake hands at the same time.
_AT_ONCE = 16
_CONNECT_S = 30.0


async def connect_peers(
    count: int, join: Join, partner: Callable[[int], int], *, tell_address: bool = False
) -> list[Endpoint]:
    """Joins and shakes hands. ``partner(i)`` is whose media participant i is to receive.

    Offers have a candidate only with ``tell_address``: servers learn the address from the checks,
    except those that do not begin without one.

    Raises ``TimeoutError`` when someone cannot connect, ``ValueError`` for a bad answer.
    """
    endpoints: list[Endpoint] = []
    for first in range(0, count, _AT_ONCE):
        some = range(first, min(first + _AT_ONCE, count))
        peers, socks, answers = [], [], []
        for i in some:
            peer, sock = Peer(decode=False), open_socket()
            port = None
            if tell_address:
                sock.bind(("127.0.0.1", 0))
                port = sock.getsockname()[1]
            text = await join(i, _as_browser(peer.offer(), port))
            peer.accept(text, time.monotonic())
            assert peer.address is not None
            sock.connect(peer.address)
            peers.append(peer)
            socks.append(sock)
            answers.append(read_answer(text))
        await _handshake(peers, socks)
        for i, peer, sock, answer in zip(some, peers, socks, answers, strict=True):
            endpoints.append(_endpoint(peer, sock, answer, partner(i)))
    return endpoints


def open_socket() -> socket.socket:
    """A UDP socket with a deep buffer, to be connected."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.setblocking(False)
    return sock


def _as_browser(offer: str, port: int | None) -> str:
    """A browser also tells its address, and wants transport-wide feedback on video as on audio."""
    lines: list[str] = []
    for line in offer.split("\r\n"):
        lines.append(line)
        if port is not None and line.startswith("a=mid:"):
            lines.append(f"a=candidate:1 1 udp 2122260223 127.0.0.1 {port} typ host")
            lines.append("a=end-of-candidates")
        if line.startswith(f"a=rtpmap:{VIDEO_TYPE} "):
            lines.append(f"a=rtcp-fb:{VIDEO_TYPE} transport-cc")
    return "\r\n".join(lines)


def _endpoint(peer: Peer, sock: socket.socket, answer: Answer, partner: int) -> Endpoint:
    srtp = peer.transport.srtp
    assert srtp is not None
    return Endpoint(
        sock,
        srtp,
        Stream(peer.ssrcs.audio, answer.audio_ssrc or 0),
        Stream(peer.ssrcs.video, answer.video_ssrc or 0),
        partner,
        peer.transport,
    )


async def _handshake(peers: list[Peer], socks: list[socket.socket]) -> None:
    deadline = time.monotonic() + _CONNECT_S
    settled_at = None
    # A moment longer than the keys take: the other end may still need our last flight.
    while settled_at is None or time.monotonic() < settled_at + 0.1:
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError("participants could not connect")
        for peer, sock in zip(peers, socks, strict=True):
            out = peer.transport.tick(now)
            while True:
                try:
                    datagram = sock.recv(2048)
                except (BlockingIOError, ConnectionRefusedError):
                    break
                if datagram and datagram[0] < 64:
                    out += peer.transport.receive(datagram, now)
            for datagram in out:
                sock.send(datagram)
        if settled_at is None and all(p.connected for p in peers):
            settled_at = now
        await asyncio.sleep(0.002)
