"""A child process of the supervisor: started, watched, restarted with a growing pause, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
HEALTHY_AFTER_S = 30.0  # ran this long: the next crash starts with the first pause again
STOP_TIMEOUT_S = 15.0
PR_SET_PDEATHSIG = 1  # prctl(2), Linux

log = structlog.get_logger("supervisor")


def die_with_parent() -> Callable[[], None] | None:
    """What a child runs before exec so that it ends when its parent is killed; None off Linux."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


class Child:
    """One process that shall always run until `stop`."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.restarts = 0
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        await self._spawn()
        self._watcher = asyncio.create_task(self._watch(), name=f"watch {self.name}")

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL after STOP_TIMEOUT_S. Safe to call twice."""
        self._stopping = True
        if self._watcher is not None and self._process is None:
            self._watcher.cancel()  # it sleeps before a restart
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                log.warning("did not stop in time, killed", child=self.name)
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
        if self._watcher is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher

    async def _spawn(self) -> None:
        # A session of its own: Ctrl-C reaches the supervisor only, which stops things in order.
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )

    async def _watch(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            assert self._process is not None
            started = time.monotonic()
            code = await self._process.wait()
            self._process = None
            if self._stopping:
                return
            if time.monotonic() - started > HEALTHY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            log.error("ended unexpectedly, restarting", child=self.name, exit=code, pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            self.restarts += 1
            await self._spawn()
