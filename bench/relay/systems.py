"""The systems a load is put through, each a process of its own: this relay, the floor in C."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from bench.relay.connect import connect_peers, open_socket
from bench.relay.packets import Endpoint, Stream
from mediasrv.client import RelayClient
from mediasrv.native.compiled import VARIABLE
from mediasrv.transport.srtp import PROFILES, SrtpKeys, SrtpPair

HERE = Path(__file__).parent
SYSTEM_CORE, LOAD_CORE = 0, 1
SRTP_HEADER = Path("/usr/include/srtp2/srtp.h")
_READY_S = 20
#: The kernel's number of a process's CPU clock is its id, inverted, and this kind.
_CPU_CLOCK = 2


class NotInstalledError(Exception):
    """The system is not on this machine."""


class System:
    """A process under test, and the way to connect calls to it."""

    name = ""
    #: Packets come out as they went in, so that they can be told apart by number.
    forwards = True
    #: Calls that can be asked of it.
    most_calls = 1000

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._directory = tempfile.TemporaryDirectory(prefix="bench-relay-")
        #: Resident memory before the first call.
        self.idle_bytes = 0

    async def connect(self, calls: int) -> list[Endpoint]:
        """Starts the process and connects two participants for each call.

        Raises ``NotInstalledError``; ``TimeoutError`` or ``RuntimeError`` when it does not work.
        """
        raise NotImplementedError

    async def stop(self) -> None:
        """Ends the process."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()
        self._directory.cleanup()

    def cpu_s(self) -> float:
        """CPU time of all its threads so far, the ended ones included, by the kernel's account."""
        assert self._process is not None
        return time.clock_gettime(~self._process.pid << 3 | _CPU_CLOCK)

    def memory_bytes(self) -> int:
        """Resident memory."""
        assert self._process is not None
        text = Path(f"/proc/{self._process.pid}/statm").read_text()
        return os.sysconf("SC_PAGE_SIZE") * int(text.split()[1])

    async def _launch(
        self,
        command: Sequence[str],
        *,
        wait_for: str | None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Starts on its own core; returns the rest of the line that says it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **(environment or {})},
            stdout=asyncio.subprocess.DEVNULL if wait_for is None else asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(self._process.pid, {SYSTEM_CORE})
        if wait_for is None:
            return ""
        assert self._process.stdout is not None
        async with asyncio.timeout(_READY_S):
            while line := (await self._process.stdout.readline()).decode():
                if line.startswith(wait_for):
                    self.idle_bytes = self.memory_bytes()
                    return line.removeprefix(wait_for).strip()
        raise RuntimeError(f"{command[0]} ended at once")


class TipMeet(System):
    """This project's relay as it runs here, over its control API: compiled, if it has been."""

    name = "tipmeet"
    environment: Mapping[str, str] = {}

    async def connect(self, calls: int) -> list[Endpoint]:
        """See ``System``."""
        secret = secrets.token_hex(8)
        command = (sys.executable, "-m", "bench.relay.host", secret)
        url = await self._launch(command, wait_for="ready", environment=self.environment)
        async with aiohttp.ClientSession() as session:
            client = RelayClient(session, secret)

            async def join(number: int, offer: str) -> str:
                side = "client" if number % 2 == 0 else "provider"
                return await client.join(url, f"call-{number // 2}", side, offer)  # type: ignore[arg-type]

            return await connect_peers(2 * calls, join, lambda i: i ^ 1)


class Interpreted(TipMeet):
    """The same relay, run by the interpreter alone."""

    name = "interpreted"
    environment: Mapping[str, str] = {VARIABLE: "no"}


class Floor(System):
    """The least a relay can do, in C with libsrtp2; compiled here where that is possible."""

    name = "floor"

    async def connect(self, calls: int) -> list[Endpoint]:
        """See ``System``."""
        binary = await self._compile()
        up, down = secrets.token_bytes(44), secrets.token_bytes(44)
        port = free_port(socket.SOCK_DGRAM)
        count = 2 * calls
        await self._launch(
            (str(binary), str(port), str(count), up.hex(), down.hex()), wait_for="ready"
        )
        keys = SrtpKeys(PROFILES[0], receive=down, send=up)
        endpoints = []
        for i in range(count):
            sock = open_socket()
            sock.connect(("127.0.0.1", port))
            sock.send(i.to_bytes(4))
            audio, video = (Stream(2 * i + k, (2 * (i ^ 1) + k) ^ 0x55) for k in (0, 1))
            endpoints.append(Endpoint(sock, SrtpPair(keys), audio, video, i ^ 1))
        await asyncio.sleep(0.2)
        return endpoints

    async def _compile(self) -> Path:
        compiler = shutil.which("cc")
        if compiler is None or not await asyncio.to_thread(SRTP_HEADER.exists):
            raise NotInstalledError(self.name)
        binary = Path(self._directory.name) / "relay_floor"
        made = await asyncio.create_subprocess_exec(
            compiler, "-O2", "-o", str(binary), str(HERE / "floor.c"), "-lsrtp2"
        )
        if await made.wait():
            raise NotInstalledError(self.name)
        return binary


def free_port(kind: socket.SocketKind) -> int:
    """A port of the loopback interface nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
