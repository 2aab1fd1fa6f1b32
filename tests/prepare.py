"""Makes ready what the tests need outside Python: Chromium, from the system's packages.

Run by `make test`. Exits 1 with a sentence when the browser is missing and cannot be installed:
the browser tests are never skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Path of an installed Chromium, or None."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    return None


def install_chromium() -> bool:
    """Install Chromium with apt-get, as root or with a sudo that asks nothing."""
    if shutil.which("apt-get") is None:
        return False
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and shutil.which("sudo") is None:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (
        ["apt-get", "update", "-q"],
        [
            "apt-get",
            "install",
            "-y",
            "-q",
            "--no-install-recommends",
            "chromium",
            "fonts-dejavu-core",
        ],
    ):
        done = subprocess.run(
            as_root + arguments, env=environment, check=False, capture_output=True
        )
        if done.returncode != 0:
            sys.stderr.write(done.stderr.decode(errors="replace")[-2000:])
            return False
    return True


def main() -> int:
    if find_chromium() is None:
        print("Chromium is missing; installing it from the system's packages ...", flush=True)
        install_chromium()
    if find_chromium() is None:
        print(
            "The tests drive a real browser and Chromium could not be installed.\n"
            "Install it (Debian, Ubuntu: sudo apt-get install chromium) and run make test again.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
