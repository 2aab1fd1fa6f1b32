"""This relay in a process of its own for the benchmark, driven over its real control API."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web

from mediasrv.control import build_app
from mediasrv.relay import Relay, RelayConfig


async def _serve(secret: str) -> None:
    async def before_close(call: str, proof_ms: int) -> None:
        """Nobody keeps books here."""

    relay = Relay(RelayConfig(host="127.0.0.1", port=0, max_calls=1000, handshakes_per_s=1000))
    await relay.start()
    runner = web.AppRunner(build_app(relay, secret, before_close=before_close), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"ready http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
