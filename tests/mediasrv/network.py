"""An engine and synthetic peers joined by a seeded network, in virtual time.

Handshakes run over a perfect network, since OpenSSL's retransmission timer is real time; losses
begin with ``impair``.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, replace

from mediasrv.call.participant import Participant
from mediasrv.engine import Engine, EngineConfig
from mediasrv.net import sockaddr
from mediasrv.net.route import Route
from mediasrv.net.slots import MAX_DATAGRAM, Slots
from mediasrv.stats import Media, Side
from mediasrv.synthetic.peer import Peer
from mediasrv.transport.dtls import Certificate

STEP_S = 0.005
CERTIFICATE = Certificate()


@dataclass(frozen=True)
class Link:
    """One direction between a peer and the relay; probabilities 0 to 1, times in seconds."""

    loss: float = 0.0
    delay: float = 0.001
    jitter: float = 0.0
    duplicate: float = 0.0


class Network:
    """Virtual time, two peers, one engine."""

    def __init__(self, seed: int = 1, *, max_calls: int = 10, handshakes_per_s: int = 100) -> None:
        self.random = random.Random(seed)
        self.now = 1000.0
        self.slots = Slots(1)
        config = EngineConfig(
            addresses=("192.0.2.1",),
            port=40_000,
            max_calls=max_calls,
            handshakes_per_s=handshakes_per_s,
        )
        self.engine = Engine(config, self.slots, CERTIFICATE, self._queued)
        self.peers: dict[bytes, Peer] = {}
        self.up = Link()
        self.down = Link()
        #: Datagrams to and from peers, as captured on the wire, when recording.
        self.recording = False
        self.sent_up: list[tuple[bytes, bytes]] = []
        self.sent_down: list[tuple[bytes, bytes]] = []
        self._queue: list[tuple[float, int, bytes, bytes, bool]] = []
        self._order = 0
        self._forwarded: bytes | None = None
        self._hosts = 0

    def join(self, side: Side, peer: Peer | None = None, *, call: str = "call") -> Peer:
        """Joins a peer from an address of its own, without waiting."""
        peer = peer or Peer()
        peer.accept(self.engine.join(call, side, peer.offer(), self.now), self.now)
        self.attach(peer)
        return peer

    def attach(self, peer: Peer) -> bytes:
        """Gives a peer a fresh address."""
        for key in [k for k, p in self.peers.items() if p is peer]:
            del self.peers[key]
        self._hosts += 1
        key = address(self._hosts)
        self.peers[key] = peer
        return key

    def address_of(self, peer: Peer) -> bytes:
        return next(k for k, p in self.peers.items() if p is peer)

    def pair(self) -> tuple[Peer, Peer]:
        """Both sides joined, connected, and half a second into their call."""
        client, provider = self.join("client"), self.join("provider")
        self.run(0.5)
        assert client.connected
        assert provider.connected
        return client, provider

    def impair(self, up: Link | None = None, down: Link | None = None) -> None:
        self.up, self.down = up or self.up, down or self.down

    def lose(self, share: float) -> None:
        self.impair(replace(self.up, loss=share), replace(self.down, loss=share))

    def run(self, seconds: float) -> None:
        """Lets virtual time pass."""
        end = self.now + seconds
        while self.now < end:
            self.now += STEP_S
            for key, peer in list(self.peers.items()):
                self._post(peer.tick(self.now), key, upward=True)
            self.engine.tick(self.now)
            self._drain()
            while self._queue and self._queue[0][0] <= self.now:
                _, _, datagram, key, upward = heapq.heappop(self._queue)
                if upward:
                    self.inject(datagram, key)
                elif key in self.peers:
                    self._post(self.peers[key].receive(datagram, self.now), key, upward=True)

    def inject(self, datagram: bytes, source: bytes) -> bytes | None:
        """One datagram straight into the engine; what it forwarded in place, if anything."""
        self.slots.fill(0, datagram[: MAX_DATAGRAM + 1])
        self._forwarded = None
        self.engine.receive(1, [len(datagram)], [source], self.now)
        self._drain()
        return self._forwarded

    def _queued(self, slot: int, length: int, route: Route) -> None:
        self._forwarded = self.slots.read(slot, length)
        self._post([self._forwarded], route.key, upward=False)

    def media(self, side: Side, call: str = "call") -> Media:
        found = self.engine.stats(call, self.now).media[side]
        assert found is not None
        return found

    def participant(self, side: Side, call: str = "call") -> Participant:
        return self.engine._calls[call].participants[side]

    def _drain(self) -> None:
        for datagram, route in self.engine.outbox:
            self._post([datagram], route.key, upward=False)
        self.engine.outbox.clear()

    def _post(self, datagrams: list[bytes], key: bytes, *, upward: bool) -> None:
        link = self.up if upward else self.down
        for datagram in datagrams:
            if self.recording:
                (self.sent_up if upward else self.sent_down).append((datagram, key))
            copies = 2 if self.random.random() < link.duplicate else 1
            for _ in range(copies):
                if self.random.random() >= link.loss:
                    at = self.now + link.delay + self.random.random() * link.jitter
                    self._order += 1
                    heapq.heappush(self._queue, (at, self._order, datagram, key, upward))


def address(number: int) -> bytes:
    """The socket address of host ``number``."""
    return sockaddr.pack(f"10.0.{number // 250}.{number % 250 + 1}", 5000)
