"""`tipmeet serve`: store, web process, relays; started in order, kept running."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import structlog

from tipmeet.processes.child import Child
from tipmeet.processes.store import EmbeddedStore, StoreError
from tipmeet.settings import Settings, relay_secret

READY_TIMEOUT_S = 60.0
PROBE_INTERVAL_S = 0.1
STORE_WATCH_S = 0.2

log = structlog.get_logger("supervisor")


class StartError(Exception):
    """Something needed at start is not there; the message says the mend."""


class Supervisor:
    """Starts store, web and relays; `running` is a context in which all of them answer."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store: EmbeddedStore | None = None
        self.web: Child | None = None
        self.relays: list[Child] = []
        self.redis_url = settings.redis_url or ""

    @asynccontextmanager
    async def running(
        self, prepare: Callable[[str], Awaitable[None]] | None = None
    ) -> AsyncIterator[Supervisor]:
        """All processes up and answering. `prepare` gets the store's URL before the web starts.

        Raises StartError or StoreError, with nothing left running.
        """
        check_ports(self.settings)
        watcher: asyncio.Task[None] | None = None
        try:
            if self.settings.redis_url is None:
                self.store = EmbeddedStore(self.settings.data_dir, port=self.settings.store_port)
                self.store.start()
                self.redis_url = self.store.url
                watcher = asyncio.create_task(self._watch_store(self.store), name="watch store")
            if prepare is not None:
                await prepare(self.redis_url)
            await self._start_children()
            yield self
        finally:
            if watcher is not None:
                watcher.cancel()
                await asyncio.gather(watcher, return_exceptions=True)
            await self._stop()

    async def _start_children(self) -> None:
        settings = self.settings
        environment = child_environment(settings, self.redis_url)
        me = [sys.executable, "-m", "tipmeet"]
        for index in range(settings.relays):
            relay = Child(f"relay {index}", [*me, "relay", "--index", str(index)], environment)
            self.relays.append(relay)
            await relay.start()
        self.web = Child("web", [*me, "web"], environment)
        await self.web.start()
        urls = [f"http://{reachable(settings.web_host)}:{settings.web_port}/healthz"]
        secret = {"Authorization": f"Bearer {relay_secret(settings)}"}
        for index in range(settings.relays):
            port = settings.relay_control_port + index
            urls.append(f"http://{reachable(settings.relay_control_host)}:{port}/v1/stats")
        async with aiohttp.ClientSession(headers=secret) as session:
            await asyncio.gather(*(wait_until_answers(session, url) for url in urls))

    async def _watch_store(self, store: EmbeddedStore) -> None:
        """Start the store again when it crashed; the others wait for it and go on."""
        while True:
            await asyncio.sleep(STORE_WATCH_S)
            if store.running():
                continue
            log.error("the store ended unexpectedly, restarting")
            try:
                # Blocks this loop until it answers: there is nothing to do without it, and only
                # this thread may be its parent (a child ends with the thread that started it).
                store.restart()
            except StoreError as error:
                log.error("the store did not start", error=str(error))

    async def _stop(self) -> None:
        # The web first (no new calls), then the relays (they hand over their last proof), the
        # store last.
        if self.web is not None:
            await self.web.stop()
        await asyncio.gather(*(relay.stop() for relay in self.relays))
        if self.store is not None:
            self.store.stop()


def child_environment(settings: Settings, redis_url: str) -> dict[str, str]:
    """The settings as TIPMEET_* variables, so that every child sees the very same ones."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TIPMEET_")}
    for name, value in settings.model_dump(mode="json").items():
        if value is None:
            continue
        text = " ".join(value) if isinstance(value, list) else str(value)
        environment[f"TIPMEET_{name.upper()}"] = text
    environment["TIPMEET_REDIS_URL"] = redis_url
    environment["TIPMEET_RELAY_SECRET"] = relay_secret(settings)
    environment["TIPMEET_CONFIG"] = os.devnull  # already merged in
    return environment


def reachable(host: str) -> str:
    """The address this machine reaches a listener on `host` at."""
    if host in ("0.0.0.0", ""):  # noqa: S104
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def check_ports(settings: Settings) -> None:
    """Raise StartError, with the mend, when a port we shall listen on is taken."""
    wanted = [(socket.SOCK_STREAM, settings.web_host, settings.web_port, "TIPMEET_WEB_PORT")]
    for index in range(settings.relays):
        control = settings.relay_control_port + index
        wanted.append(
            (socket.SOCK_STREAM, settings.relay_control_host, control, "TIPMEET_RELAY_CONTROL_PORT")
        )
        media = settings.relay_port + index
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            wanted.append((kind, settings.media_host, media, "TIPMEET_RELAY_PORT"))
    for kind, host, port, variable in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
                why = (
                    "is in use"
                    if error.errno == errno.EADDRINUSE
                    else f"cannot be used ({error.strerror})"
                )
                raise StartError(
                    f"{protocol} port {port} on {host} {why}: stop what uses it, or choose another "
                    f"with {variable}"
                ) from None


async def wait_until_answers(session: aiohttp.ClientSession, url: str) -> None:
    """Poll until `url` answers 200. Raises StartError after READY_TIMEOUT_S."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=2)) as answer:
                if answer.status == 200:
                    return
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(PROBE_INTERVAL_S)
    raise StartError(f"{url} did not answer within {READY_TIMEOUT_S:.0f} s; its log says why")


async def until_signal() -> str:
    """Wait for SIGINT or SIGTERM; the name of the one that came."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[str] = loop.create_future()

    def note(name: str) -> None:
        if not came.done():
            came.set_result(name)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, note, number.name)
    return await came
