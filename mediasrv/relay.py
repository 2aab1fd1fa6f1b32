"""A relay process's core: the engine between a UDP socket, a TCP listener, a timer."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from mediasrv.engine import Engine, EngineConfig
from mediasrv.native import compiled
from mediasrv.net.addresses import announced_addresses, problems
from mediasrv.net.datagrams import BATCH, DatagramSocket, open_datagrams
from mediasrv.net.slots import Slots
from mediasrv.net.tcp import Handlers, TcpListener
from mediasrv.stats import CallStats, Side, Totals
from mediasrv.transport.dtls import Certificate
from mediasrv.transport.stun import looks_like_request

#: Seconds between two ticks of the engine.
TICK_S = 0.02
#: Batches read before other work of the process gets its turn.
BATCHES_PER_TURN = 8
#: From so many packets a second on, measured over so many seconds, packets may gather for a moment
#: before they are read: a wake-up for each would cost as much as its forwarding. The moment is far
#: below what a jitter buffer notices.
BUSY_PER_S = 4000
RATE_WINDOW_S = 0.05
GATHER_S = 0.0005
#: Bytes the kernel is asked to buffer: one socket takes what other servers spread over hundreds,
#: and a moment without the processor must not lose packets. Without privileges it is capped.
SOCKET_BUFFER = 16 * 1024 * 1024
#: Linux's SO_SNDBUFFORCE and SO_RCVBUFFORCE, which the socket module does not name.
_FORCE_OPTIONS = (32, 33)
#: Tries to find a number that is free for both UDP and TCP.
FREE_PORT_ATTEMPTS = 10

_log = structlog.get_logger("mediasrv")


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """Settings of one relay.

    ``host`` is a numeric address to bind (``0.0.0.0`` or ``::`` for all), ``port`` a UDP port (0:
    any free one), ``announced`` the addresses browsers are told, for servers behind NAT (empty: the
    bound one, or the one that leads to the internet). With ``tcp`` it listens for ICE over TCP on
    the same port, for networks that block UDP.
    """

    host: str = "0.0.0.0"  # noqa: S104 - media comes from anywhere; everything in it is authenticated
    port: int = 40_000
    announced: tuple[str, ...] = ()
    max_calls: int = 500
    handshakes_per_s: int = 100
    tcp: bool = True


class Relay:
    """Joins calls and forwards their media. All methods belong to the loop's thread."""

    def __init__(self, config: RelayConfig) -> None:
        self.config = config
        #: Called with a call's id, outside the packet path, when a participant's state changed.
        self.on_change: Callable[[str], None] | None = None
        self._slots = Slots(BATCH)
        self._socket: socket.socket | None = None
        self._datagrams: DatagramSocket | None = None
        self._engine: Engine | None = None
        self._tcp: TcpListener | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._seen, self._seen_since, self._busy = 0, 0.0, False
        self.port = config.port
        self.addresses: tuple[str, ...] = config.announced

    async def start(self) -> None:
        """Binds the socket. ``ValueError``: a bad address; ``OSError``: a taken port."""
        self._loop = asyncio.get_running_loop()
        self._socket, listener = _bind_both(self.config)
        self.port = self._socket.getsockname()[1]
        self.addresses = self.config.announced or announced_addresses(self.config.host)
        for problem in problems(self.config.host, self.addresses):
            _log.warning("browsers may not reach the relay", problem=problem)
        self._datagrams = open_datagrams(self._socket, self._slots)
        engine_config = EngineConfig(
            addresses=self.addresses,
            port=self.port,
            max_calls=self.config.max_calls,
            handshakes_per_s=self.config.handshakes_per_s,
            tcp=self.config.tcp,
        )
        self._engine = Engine(engine_config, self._slots, Certificate(), self._datagrams.queue)
        self._engine.local = self._datagrams.local
        if listener is not None:
            arrivals = self._engine.arrivals
            handlers = Handlers(
                receive=self._framed,
                knows=arrivals.by_source.__contains__,
                is_check=looks_like_request,
                opened=arrivals.streams.__setitem__,
                lost=arrivals.lost,
            )
            self._tcp = TcpListener(handlers, self._engine.counters)
            await self._tcp.start(listener)
        self._loop.add_reader(self._socket.fileno(), self._readable)
        self._tick()
        _log.info(
            "relay started", addresses=self.addresses, port=self.port, compiled=compiled.in_use()
        )

    async def close(self) -> None:
        """Ends all calls and frees the socket. May be called twice."""
        if self._socket is None or self._loop is None:
            return
        for call_id in self._core.calls():
            self._core.close_call(call_id, time.monotonic())
        self._drain_outbox()
        if self._timer is not None:
            self._timer.cancel()
        if self._tcp is not None:
            await self._tcp.close()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._socket = None

    def join(self, call_id: str, side: Side, offer_sdp: str) -> str:
        """Answers a browser's offer. Raises a ``RelayProblemError`` with nothing half made."""
        answer = self._core.join(call_id, side, offer_sdp, time.monotonic())
        self._settle()
        return answer

    def leave(self, call_id: str, side: Side) -> None:
        """Takes one side out of its call."""
        self._core.leave(call_id, side, time.monotonic())
        self._settle()

    def close_call(self, call_id: str) -> int:
        """Ends a call; returns its final proof in milliseconds."""
        proof_ms = self._core.close_call(call_id, time.monotonic())
        self._settle()
        return proof_ms

    def set_mode(self, call_id: str, forward: bool, count: bool) -> None:
        """Whether media flows (``forward``) and whether it is proof (``count``)."""
        self._core.set_mode(call_id, forward=forward, count=count, now=time.monotonic())

    def limit_proof(self, call_id: str, ms: int | None) -> None:
        """Media stops within a tenth of a second of the proof reaching ``ms``; None: no limit."""
        self._core.limit_proof(call_id, ms)

    def proof_ms(self, call_id: str) -> int:
        """Milliseconds for which media of both sides provably arrived."""
        return self._core.proof_ms(call_id)

    def stats(self, call_id: str) -> CallStats:
        """Everything measured of a call."""
        return self._core.stats(call_id, time.monotonic())

    def totals(self) -> Totals:
        """Everything measured of the relay."""
        totals = self._core.totals()
        if self._datagrams is not None and self._datagrams.failed:
            totals.dropped["send_failed"] = self._datagrams.failed
        return totals

    def calls(self) -> list[str]:
        """Ids of the calls it carries."""
        return self._core.calls()

    def drain(self) -> None:
        """Takes no new calls from now on; those it has go on."""
        self._core.draining = True

    @property
    def _core(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the relay has not been started")
        return self._engine

    def _readable(self) -> None:
        datagrams, engine = self._datagrams, self._engine
        if datagrams is None or engine is None:
            return
        for _ in range(BATCHES_PER_TURN):
            count = datagrams.receive()
            if count == 0:
                break
            now = time.monotonic()
            engine.receive(count, datagrams.lengths, datagrams.sources, now)
            engine.counters.packets_out += datagrams.flush()
            if engine.outbox:
                self._drain_outbox()
            if count < BATCH:
                if not self._is_busy(count, now):
                    break
                time.sleep(GATHER_S)
        if engine.changed:
            self._settle()

    def _is_busy(self, count: int, now: float) -> bool:
        """Whether packets come so fast that it pays to let some gather, as network cards do with
        their interrupts: waking up for one costs as much as forwarding it."""
        self._seen += count
        passed = now - self._seen_since
        if passed >= RATE_WINDOW_S:
            self._busy = self._seen >= BUSY_PER_S * passed
            self._seen, self._seen_since = 0, now
        return self._busy

    def _framed(self, packet: bytes, source: bytes) -> None:
        """A packet that came over TCP; the slots are free between two turns of the socket."""
        if self._datagrams is None:
            return
        self._slots.fill(0, packet)
        self._core.receive(1, [len(packet)], [source], time.monotonic())
        self._core.counters.packets_out += self._datagrams.flush()
        self._settle()

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._timer = self._loop.call_later(TICK_S, self._tick)
        self._core.tick(time.monotonic())
        self._settle()

    def _settle(self) -> None:
        """Sends what is waiting, and tells of changes once this turn of the loop is over."""
        self._drain_outbox()
        changed = self._core.changed
        if changed and self._loop is not None:
            if self.on_change is not None:
                self._loop.call_soon(self._tell, tuple(changed))
            changed.clear()

    def _tell(self, changed: tuple[str, ...]) -> None:
        for call_id in changed:
            if self.on_change is not None:
                try:
                    self.on_change(call_id)
                except Exception:
                    _log.exception("on_change failed", call=call_id)

    def _drain_outbox(self) -> None:
        outbox, datagrams = self._core.outbox, self._datagrams
        if outbox and datagrams is not None:
            for datagram, route in outbox:
                if route.stream is None:
                    datagrams.send(datagram, route)
                else:
                    route.stream(datagram)
            outbox.clear()
            datagrams.flush()


def _bind_both(config: RelayConfig) -> tuple[socket.socket, socket.socket | None]:
    """The UDP socket and, if wanted, a TCP one of the same number."""
    for attempts_left in reversed(range(FREE_PORT_ATTEMPTS if config.port == 0 else 1)):
        datagrams = _bind(config.host, config.port, socket.SOCK_DGRAM)
        if not config.tcp:
            return datagrams, None
        try:
            port = datagrams.getsockname()[1]
            return datagrams, _bind(config.host, port, socket.SOCK_STREAM)
        except OSError:
            # Free for UDP is not free for TCP: another number may be both.
            datagrams.close()
            if not attempts_left:
                raise
    raise AssertionError("unreachable")


def _bind(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    try:
        if kind is socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            _enlarge_buffers(sock)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _enlarge_buffers(sock: socket.socket) -> None:
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
    if sys.platform == "linux":
        for option in _FORCE_OPTIONS:
            with contextlib.suppress(PermissionError):
                sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
