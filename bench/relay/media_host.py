"""aiortc's peer connections with ``MediaRelay`` between them, in a process of its own.

The way a Python server forwards with that library: every frame is decoded and encoded again. One
request, ``POST /join`` with ``{"call", "side", "offer"}``, answers ``{"answer"}``.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import sys
from typing import Any

import aioice.ice
import uvloop
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

#: Frames wait in unbounded queues where a core is not enough: better to fail than to swap.
MAX_MEMORY = 4 << 30
#: A connection nobody completes, and the process itself, do not outlive the benchmark.
MAX_LIFE_S = 600
MAX_CALLS = 32


class Call:
    """Two connections; each side's tracks are relayed to the other's senders."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._connections: dict[str, RTCPeerConnection] = {}
        self._tracks: dict[tuple[str, str], Any] = {}

    async def join(self, side: str, offer: str) -> str:
        """The answer to one side's offer."""
        connection = self._connections[side] = RTCPeerConnection()

        @connection.on("track")
        def arrived(track: Any) -> None:
            self._tracks[side, track.kind] = track
            self._wire()

        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        for transceiver in connection.getTransceivers():
            # Sending is answered now, whoever joins later: no renegotiation.
            transceiver.direction = "sendrecv"
        await connection.setLocalDescription(await connection.createAnswer())
        self._wire()
        return str(connection.localDescription.sdp)

    def _wire(self) -> None:
        for side, connection in self._connections.items():
            for sender in (t.sender for t in connection.getTransceivers()):
                for (source, kind), track in self._tracks.items():
                    if source != side and kind == sender.kind and sender.track is None:
                        # Unbuffered: an encoder that is late skips frames, and memory is bounded.
                        sender.replaceTrack(self._relay.subscribe(track, buffered=False))


async def _serve() -> None:
    calls: dict[str, Call] = {}

    async def join(request: web.Request) -> web.Response:
        body = await request.json()
        if body["call"] not in calls and len(calls) >= MAX_CALLS:
            raise web.HTTPServiceUnavailable
        call = calls.setdefault(body["call"], Call())
        return web.json_response({"answer": await call.join(body["side"], body["offer"])})

    app = web.Application()
    app.router.add_post("/join", join)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"ready http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.sleep(MAX_LIFE_S)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    logging.disable(logging.CRITICAL)
    # It offers every interface but the loopback one, which is the only one wanted here.
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]  # noqa: ARG005
    uvloop.run(_serve())
