"""A network of its own for a command: `python -m tests.network pytest tests/…`.

Firefox does not pair with 127.0.0.1, and tests must not send to this machine's real addresses. So
the command runs in a fresh network namespace that has loopback and one pair of virtual interfaces,
and ends with it. Root can always do that; others where the kernel lets them.
"""

from __future__ import annotations

import os
import subprocess
import sys

VARIABLE = "TIPMEET_TEST_ADDRESS"
ADDRESS = "10.99.0.1"
_SET_UP = f"""set -e
ip link set lo up
ip link add tests0 type veth peer name tests1
ip addr add {ADDRESS}/24 dev tests0
ip link set tests0 up
ip link set tests1 up
ip route add default dev tests0
exec "$@"
"""


def main(command: list[str]) -> int:
    """Runs the command; its exit code, or 1 with a sentence when there can be no namespace."""
    unshare = ["unshare", "--net"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    if subprocess.run([*unshare, "true"], check=False).returncode:
        print(
            "These tests need a network namespace, which this system refuses: run them as root, or "
            "allow unprivileged user namespaces (kernel.unprivileged_userns_clone=1).",
            file=sys.stderr,
        )
        return 1
    inside = ["sh", "-c", _SET_UP, "tests.network", sys.executable, "-m", *command]
    environment = {**os.environ, VARIABLE: ADDRESS}
    return subprocess.run([*unshare, *inside], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
