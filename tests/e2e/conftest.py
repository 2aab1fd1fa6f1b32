"""A whole platform as `tipmeet serve` starts it, and real Chromium pages to use it with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import expect

from tipmeet.ports import free_port

# Generous: a machine under load may be many times slower.
READY_TIMEOUT_S = 150
STOP_TIMEOUT_S = 90
expect.set_options(timeout=90_000)
THRESHOLD_S = 15
OPERATOR = "olga@example.org"
OPERATOR_PASSWORD = "operator-pass"


@dataclass
class Site:
    """A running `tipmeet serve`."""

    url: str
    data_dir: Path
    process: subprocess.Popen[str]
    environment: dict[str, str]
    output: list[str] = field(default_factory=list)

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run another `tipmeet` command against the same store."""
        return subprocess.run(
            [sys.executable, "-m", "tipmeet", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=150,
            check=check,
        )

    def audit(self) -> dict[str, object]:
        done = self.command("audit", "--json", check=False)
        assert done.stdout, done.stderr
        report: dict[str, object] = json.loads(done.stdout)
        return report

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_TIMEOUT_S)


def start_site(data_dir: Path, **settings: str) -> Site:
    """Start `tipmeet serve` on free ports and wait until it says that it is ready."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TIPMEET_")}
    environment |= {
        "TIPMEET_DATA_DIR": str(data_dir),
        "TIPMEET_WEB_PORT": str(port),
        "TIPMEET_RELAYS": "1",
        "TIPMEET_RELAY_PORT": str(free_port(count=2)),
        "TIPMEET_RELAY_CONTROL_PORT": str(free_port(count=2)),
        "TIPMEET_THRESHOLD_S": str(THRESHOLD_S),
        "TIPMEET_LOG_LEVEL": "warning",
    }
    environment |= {f"TIPMEET_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "tipmeet", "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    site = Site(f"http://localhost:{port}", data_dir, process, environment)
    ready = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                site.output.append(line)
                if line.startswith("Ctrl-C stops everything"):
                    ready.set()
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    assert ready.wait(READY_TIMEOUT_S), "".join(site.output)
    assert process.poll() is None, "".join(site.output)
    return site


def children(parent: int, command: str) -> list[int]:
    """Process ids of a process's children that have this word in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # "pid (name) state ppid …"; the name may hold spaces
            ppid = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # ended meanwhile
        if ppid == parent and any(command.encode() in word for word in words):
            found.append(int(entry.name))
    return found


@contextmanager
def running_site(
    data_dir: Path, *, errors_expected: bool = False, **settings: str
) -> Iterator[Site]:
    """A platform with an operator and nobody else; nothing of it is left afterwards.

    Fails when it does not stop cleanly, or logged an error meanwhile that was not expected.
    """
    site = start_site(data_dir, demo_accounts="false", **settings)
    try:
        site.command("user", OPERATOR, "--role", "operator", "--password", OPERATOR_PASSWORD)
        yield site
        assert site.stop() == 0, "".join(site.output)
    finally:
        if site.process.poll() is None:
            site.process.kill()
            site.process.wait()
    noise = [line for line in site.output if '"level": "error"' in line or "Traceback" in line]
    assert errors_expected or not noise, "".join(site.output)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One platform for all tests in browsers."""
    with running_site(tmp_path_factory.mktemp("site") / "var") as site:
        yield site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole platforms and browsers: a test waits several times, each time with patience."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(600))
