"""Makes ready what the tests need outside Python, from the system's packages.

Run by `make test`. Exits 1 with a sentence when something is missing and cannot be installed: no
test is ever skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

# What a test needs, the names it goes by, and Debian's package.
CHROMIUM = (("chromium", "chromium-browser", "google-chrome"), "chromium")
FIREFOX = (("firefox-esr", "firefox"), "firefox-esr")
TURN_SERVER = (("turnserver",), "coturn")
COMPILER = (("cc", "gcc", "clang"), "gcc")  # for the relay's packet path
NEEDED = (
    CHROMIUM,
    FIREFOX,
    TURN_SERVER,
    COMPILER,
    (("ip",), "iproute2"),
    (("unshare",), "util-linux"),
)
PYTHON_HEADERS = Path(sysconfig.get_path("include")) / "Python.h"


def find(names: tuple[str, ...]) -> str | None:
    """Path of the first of these programs that is installed, or None."""
    return next((path for name in names if (path := shutil.which(name))), None)


def find_chromium() -> str:
    """Path of Chromium. Raises FileNotFoundError when `make test` has not made it ready."""
    return _found(CHROMIUM)


def find_firefox() -> str:
    """Path of Firefox. Raises FileNotFoundError when `make test` has not made it ready."""
    return _found(FIREFOX)


def find_turn_server() -> str:
    """Path of coturn. Raises FileNotFoundError when `make test` has not made it ready."""
    return _found(TURN_SERVER)


def _found(needed: tuple[tuple[str, ...], str]) -> str:
    path = find(needed[0])
    if path is None:
        raise FileNotFoundError(f"{needed[1]} is missing: run python -m tests.prepare")
    return path


def install(packages: list[str]) -> None:
    """Install with apt-get, as root or with a sudo that asks nothing; says why it cannot."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") is None or (as_root and shutil.which("sudo") is None):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
    ):
        command = [*as_root, *arguments]
        done = subprocess.run(command, env=environment, check=False, capture_output=True)
        if done.returncode != 0:
            sys.stderr.write(done.stderr.decode(errors="replace")[-2000:])
            return


def missing_packages() -> list[str]:
    """Debian's packages of what is not there."""
    missing = [package for names, package in NEEDED if find(names) is None]
    if COMPILER[1] in missing:
        missing.append("libc6-dev")
    if not PYTHON_HEADERS.exists():
        missing.append("python3-dev")
    return missing


def prepare() -> int:
    """Install what is missing; 1, with a sentence, when it cannot be."""
    missing = missing_packages()
    if missing:
        print(f"Installing {', '.join(missing)} from the system's packages ...", flush=True)
        install([*missing, "fonts-dejavu-core"])
    missing = missing_packages()
    if missing:
        print(
            f"The tests need {', '.join(missing)}, which could not be installed.\n"
            f"Debian, Ubuntu: sudo apt-get install {' '.join(missing)}; then make test again.",
            file=sys.stderr,
        )
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(prepare())
