"""`make soak`: the long runs. SEEDS worlds of the money simulation, ROUNDS of chaos under CALLS,
a million hostile datagrams, fuzzing, and calls on bad networks watched for WATCH_S each.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.prepare import prepare

SEEDS = os.environ.get("SEEDS", "1000")
ROUNDS = os.environ.get("ROUNDS", "50")
CALLS = os.environ.get("CALLS", "200")
WATCH_S = os.environ.get("WATCH_S", "60")
RELAY_TESTS = [
    "attacks/test_hostile_flood.py",
    "attacks/test_fuzz_corpus.py",
    "browsers/test_chromium_on_bad_networks.py",
]


def main() -> int:
    """Runs each; 1 if any failed."""
    runs = (
        ["tests.metering.model.soak", "--seeds", SEEDS],
        ["tests.chaos", "--rounds", ROUNDS, "--calls", CALLS],
        ["pytest", *(f"tests/mediasrv/{name}" for name in RELAY_TESTS)],
    )
    if prepare():
        return 1
    environment = {**os.environ, "TIPMEET_SOAK_S": WATCH_S}
    codes = [
        subprocess.run([sys.executable, "-m", *run], env=environment, check=False).returncode
        for run in runs
    ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
