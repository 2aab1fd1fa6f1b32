"""aiortc's ``MediaRelay`` as a system under test: what it decodes it encodes again."""

from __future__ import annotations

import asyncio
import sys

import aiohttp

from bench.relay.connect import connect_peers
from bench.relay.packets import Endpoint
from bench.relay.systems import System

#: Two 640x480 pictures decoded and encoded take half a core and more: another call may be too much.
MOST_CALLS = 1


class MediaRelay(System):
    """Its packets are its own, so they are counted and not timed."""

    name = "mediarelay"
    forwards = False
    most_calls = MOST_CALLS

    async def connect(self, calls: int) -> list[Endpoint]:
        """See ``System``."""
        command = (sys.executable, "-m", "bench.relay.media_host")
        url = await self._launch(command, wait_for="ready")
        limit = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=limit) as session:

            async def join(number: int, offer: str) -> str:
                body = {"call": f"{number // 2}", "side": f"{number % 2}", "offer": offer}
                async with session.post(f"{url}/join", json=body) as response:
                    response.raise_for_status()
                    return str((await response.json())["answer"])

            endpoints = await connect_peers(2 * calls, join, lambda i: i ^ 1, tell_address=True)
        # Its threads and connections settle before anything is counted.
        await asyncio.sleep(0.5)
        return endpoints
