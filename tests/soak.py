"""`make soak`: the long runs. SEEDS worlds of the money simulation, ROUNDS of chaos under CALLS."""

from __future__ import annotations

import os
import subprocess
import sys

SEEDS = os.environ.get("SEEDS", "1000")
ROUNDS = os.environ.get("ROUNDS", "50")
CALLS = os.environ.get("CALLS", "200")


def main() -> int:
    """Runs each; 1 if any failed."""
    runs = (
        ["tests.metering.soak", "--seeds", SEEDS],
        ["tests.chaos", "--rounds", ROUNDS, "--calls", CALLS],
    )
    codes = [subprocess.run([sys.executable, "-m", *run], check=False).returncode for run in runs]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
