"""A small UDP proxy between a browser and the relay that loses, delays and narrows, by a seed."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass
from typing import Any

#: Bytes a bottleneck holds before it drops (a quarter of a second at 300 kbit/s).
QUEUE_BYTES = 10_000


@dataclass(frozen=True)
class Impairment:
    """Of each direction: probability of loss, delay in seconds, and width in bits a second."""

    loss: float = 0.0
    delay: float = 0.0
    bits_per_s: float | None = None


class _Pipe:
    """One direction."""

    def __init__(self, impairment: Impairment, chance: random.Random) -> None:
        self._impairment = impairment
        self._chance = chance
        self._free_at = 0.0

    def carry(self, data: bytes, deliver: Any) -> None:
        rules, loop = self._impairment, asyncio.get_running_loop()
        if self._chance.random() < rules.loss:
            return
        now = loop.time()
        at = now + rules.delay
        if rules.bits_per_s is not None:
            self._free_at = max(self._free_at, now)
            if (self._free_at - now) * rules.bits_per_s / 8 > QUEUE_BYTES:
                return
            self._free_at += 8 * len(data) / rules.bits_per_s
            at = self._free_at + rules.delay
        loop.call_at(at, deliver, data)


class ImpairedPath(asyncio.DatagramProtocol):
    """Listens where the browser sends; one socket towards the relay for each of its addresses.

    ``down`` is the way to the browsers where it is another than ``up``.
    """

    def __init__(
        self, relay_port: int, up: Impairment, seed: int, *, down: Impairment | None = None
    ) -> None:
        self._relay_port = relay_port
        self._up, self._down = up, down or up
        self._chance = random.Random(seed)
        self._front: asyncio.DatagramTransport | None = None
        self._backs: dict[Any, tuple[asyncio.DatagramTransport, _Pipe]] = {}
        self._opening: set[Any] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self.port = self._front.get_extra_info("sockname")[1]

    def rewrite(self, answer: str) -> str:
        """The answer with the proxy in the relay's place."""
        lines = [x for x in answer.split("\r\n") if " tcptype " not in x]
        return re.sub(rf"\b{self._relay_port}\b", str(self.port), "\r\n".join(lines))

    def datagram_received(self, data: bytes, addr: Any) -> None:
        back = self._backs.get(addr)
        if back is not None:
            back[1].carry(data, back[0].sendto)
        elif addr not in self._opening:
            self._opening.add(addr)
            task = asyncio.create_task(self._open(addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self, addr: Any) -> None:
        front = self._front
        assert front is not None
        down = _Pipe(self._down, self._chance)

        class Back(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, _: Any) -> None:
                down.carry(data, lambda d: front.sendto(d, addr))

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            Back, remote_addr=("127.0.0.1", self._relay_port)
        )
        self._backs[addr] = (transport, _Pipe(self._up, self._chance))

    def close(self) -> None:
        if self._front is not None:
            self._front.close()
        for transport, _ in self._backs.values():
            transport.close()
