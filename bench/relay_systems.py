"""The systems a load is put through: this relay, Janus, and the floor in C, each a process."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from bench.relay_load import Endpoint
from mediasrv.client import RelayClient
from mediasrv.srtp import PROFILES, SrtpKeys, SrtpPair
from mediasrv.synthetic.peer import Peer

HERE = Path(__file__).parent
SYSTEM_CORE, LOAD_CORE = 0, 1
_BUFFER = 1 << 20
SRTP_HEADER = Path("/usr/include/srtp2/srtp.h")


class NotInstalledError(Exception):
    """The system is not on this machine."""


class System:
    """A process under test, and the way to connect calls to it."""

    name = ""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._directory = tempfile.TemporaryDirectory(prefix="bench-relay-")

    async def connect(self, calls: int) -> list[Endpoint]:
        """Starts the process and connects two participants for each call."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Ends the process."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._directory.cleanup()

    def cpu_s(self) -> float:
        """CPU time of all its threads so far."""
        assert self._process is not None
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((t / "schedstat").read_text().split()[0]) for t in tasks) / 1e9

    def memory_bytes(self) -> int:
        """Resident memory."""
        assert self._process is not None
        text = Path(f"/proc/{self._process.pid}/statm").read_text()
        return 4096 * int(text.split()[1])

    async def _launch(self, *command: str, wait_for: str) -> str:
        """Starts on its own core; returns the rest of the line that says it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        if len(os.sched_getaffinity(0)) > 1 or os.cpu_count() != 1:
            os.sched_setaffinity(self._process.pid, {SYSTEM_CORE})
        assert self._process.stdout is not None
        if not wait_for:
            return ""
        async with asyncio.timeout(20):
            while True:
                line = (await self._process.stdout.readline()).decode()
                if not line:
                    raise RuntimeError(f"{command[0]} ended at once")
                if line.startswith(wait_for):
                    return line.removeprefix(wait_for).strip()


class TipMeet(System):
    """This project's relay, over its control API."""

    name = "tipmeet"

    async def connect(self, calls: int) -> list[Endpoint]:
        """See ``System``."""
        secret = secrets.token_hex(8)
        url = await self._launch(sys.executable, "-m", "bench.relay_host", secret, wait_for="ready")
        async with aiohttp.ClientSession() as session:
            client = RelayClient(session, secret)

            async def join(number: int, offer: str) -> str:
                side = "client" if number % 2 == 0 else "provider"
                return await client.join(url, f"call-{number // 2}", side, offer)  # type: ignore[arg-type]

            return await _connect_peers(2 * calls, join, lambda i: i ^ 1)


class Janus(System):
    """Janus's echo test: each participant is sent its own media."""

    name = "janus"

    async def connect(self, calls: int) -> list[Endpoint]:
        """See ``System``."""
        janus = shutil.which("janus")
        if janus is None:
            raise NotInstalledError(self.name)
        port = _free_port(socket.SOCK_STREAM)
        directory = Path(self._directory.name)
        (directory / "janus.jcfg").write_text(
            'general: { debug_level = 1; admin_secret = "x"; session_timeout = 600; }\n'
            'media: { rtp_port_range = "20000-40000"; dtls_timeout = 500; }\n'
            'nat: { ice_lite = false; full_trickle = false; ice_enforce_list = "127.0.0.1"; }\n'
        )
        (directory / "janus.transport.http.jcfg").write_text(
            f"general: {{ http = true; port = {port}; https = false; "
            f'ip = "127.0.0.1"; base_path = "/janus"; }}\n'
        )
        await self._launch(janus, "-F", str(directory), "-i", "127.0.0.1", wait_for="")
        # Its output is not read: it must not fill the pipe.
        assert self._process is not None
        assert self._process.stdout is not None
        drained = asyncio.create_task(self._process.stdout.read())
        url = f"http://127.0.0.1:{port}/janus"
        async with aiohttp.ClientSession() as session:
            await _answering(session, url + "/info")
            endpoints = await _connect_peers(
                2 * calls, lambda _, offer: _echo(session, url, offer), lambda i: i
            )
        drained.cancel()
        return endpoints


class Floor(System):
    """The least a relay can do, in C with libsrtp2; compiled here where that is possible."""

    name = "floor"

    async def connect(self, calls: int) -> list[Endpoint]:
        """See ``System``."""
        compiler = shutil.which("cc")
        if compiler is None or not _has_srtp_headers():
            raise NotInstalledError(self.name)
        binary = Path(self._directory.name) / "relay_floor"
        source = str(HERE / "relay_floor.c")
        made = await asyncio.create_subprocess_exec(
            compiler, "-O2", "-o", str(binary), source, "-lsrtp2"
        )
        if await made.wait():
            raise NotInstalledError(self.name)
        up, down = secrets.token_bytes(44), secrets.token_bytes(44)
        port = _free_port(socket.SOCK_DGRAM)
        count = 2 * calls
        await self._launch(
            str(binary), str(port), str(count), up.hex(), down.hex(), wait_for="ready"
        )
        keys = SrtpKeys(PROFILES[0], receive=down, send=up)
        endpoints = []
        for i in range(count):
            sock = _socket(("127.0.0.1", port))
            sock.send(i.to_bytes(4))
            endpoints.append(Endpoint(sock, SrtpPair(keys), 2 * i + 1, 2 * i + 2, i ^ 1))
        await asyncio.sleep(0.2)
        return endpoints


async def _connect_peers(
    count: int, join: Callable[[int, str], Awaitable[str]], partner: Callable[[int], int]
) -> list[Endpoint]:
    """Real ICE and DTLS for everyone, some at a time."""
    endpoints: list[Endpoint] = []
    for first in range(0, count, 8):
        some = range(first, min(first + 8, count))
        peers = [Peer(decode=False) for _ in some]
        socks = []
        for i, peer in zip(some, peers, strict=True):
            peer.accept(await join(i, peer.offer()), time.monotonic())
            assert peer.address is not None
            socks.append(_socket(peer.address))
        await _handshake(peers, socks)
        for i, peer, sock in zip(some, peers, socks, strict=True):
            srtp = peer.transport.srtp
            assert srtp is not None
            endpoints.append(Endpoint(sock, srtp, peer.ssrcs.audio, peer.ssrcs.video, partner(i)))
    return endpoints


async def _handshake(peers: list[Peer], socks: list[socket.socket]) -> None:
    deadline = time.monotonic() + 20
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


def _has_srtp_headers() -> bool:
    return SRTP_HEADER.exists()


def _socket(address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.connect(address)
    sock.setblocking(False)
    return sock


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
