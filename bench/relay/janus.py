"""Janus as it comes from Debian: its echo test, in which each participant is sent its own media."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import socket
from pathlib import Path
from typing import Any

import aiohttp

from bench.relay.connect import connect_peers
from bench.relay.packets import Endpoint
from bench.relay.systems import NotInstalledError, System, free_port

#: ``event_loops`` is left at its default of a thread for each participant unless told otherwise.
_CORE = """
general: {{ debug_level = 1; admin_secret = "{secret}"; session_timeout = 600; {loops} }}
media: {{ rtp_port_range = "20000-40000"; dtls_timeout = 500; }}
nat: {{ ice_lite = false; full_trickle = false; ice_enforce_list = "127.0.0.1"; }}
"""
_HTTP = """
general: {{ http = true; port = {port}; https = false; ip = "127.0.0.1"; base_path = "/janus"; }}
"""


class Janus(System):
    """One echo of its own for each of the two participants of a call."""

    name = "janus"
    event_loops = 0

    async def connect(self, calls: int) -> list[Endpoint]:
        """See ``System``."""
        janus = shutil.which("janus")
        if janus is None:
            raise NotInstalledError(self.name)
        port = free_port(socket.SOCK_STREAM)
        directory = Path(self._directory.name)
        loops = f"event_loops = {self.event_loops};" if self.event_loops else ""
        core = _CORE.format(secret=secrets.token_hex(8), loops=loops)
        (directory / "janus.jcfg").write_text(core)
        (directory / "janus.transport.http.jcfg").write_text(_HTTP.format(port=port))
        await self._launch((janus, "-F", str(directory), "-i", "127.0.0.1"), wait_for=None)
        url = f"http://127.0.0.1:{port}/janus"
        limit = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=limit) as session:
            await _answering(session, url + "/info")
            self.idle_bytes = self.memory_bytes()
            return await connect_peers(
                2 * calls, lambda _, offer: _echo(session, url, offer), lambda i: i
            )


class JanusLoops(Janus):
    """With one event loop for all participants, as suits a process on one core."""

    name = "janus-loops"
    event_loops = 1


async def _echo(session: aiohttp.ClientSession, url: str, offer: str) -> str:
    """Janus's own three steps: a session, a handle, a message; then the event with its answer."""

    async def post(path: str, **body: Any) -> dict[str, Any]:
        body["transaction"] = secrets.token_hex(6)
        async with session.post(url + path, json=body) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    path = f"/{(await post('', janus='create'))['data']['id']}"
    attached = await post(path, janus="attach", plugin="janus.plugin.echotest")
    handle = f"{path}/{attached['data']['id']}"
    jsep = {"type": "offer", "sdp": offer}
    await post(handle, janus="message", body={"audio": True, "video": True}, jsep=jsep)
    for _ in range(20):
        async with session.get(f"{url}{path}?maxev=1") as response:
            event = json.loads(await response.text())
        if "jsep" in event:
            return str(event["jsep"]["sdp"])
    raise TimeoutError("Janus gave no answer")


async def _answering(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
