"""A supervised process comes back after a crash and goes when it shall."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tipmeet.processes.child import Child

WRITE_PID_AND_WAIT = (
    "import os,sys,time;"
    "f=open(sys.argv[1],'a');f.write(f'{os.getpid()}\\n');f.close();time.sleep(60)"
)
TIMEOUT_S = 20


async def lines(path: Path, count: int) -> list[int]:
    """The first `count` process ids written to the file, as soon as they are there."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            found = path.read_text().split() if path.exists() else []
            if len(found) >= count:
                return [int(line) for line in found]
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_crashed_child_is_started_again_and_a_stopped_one_is_not(tmp_path: Path) -> None:
    out = tmp_path / "pids"
    child = Child("sleeper", [sys.executable, "-c", WRITE_PID_AND_WAIT, str(out)], dict(os.environ))
    await child.start()
    (first,) = await lines(out, 1)
    os.kill(first, signal.SIGKILL)
    first, second = await lines(out, 2)
    assert second != first
    assert child.restarts == 1
    await child.stop()
    assert not alive(second)
    assert len(out.read_text().split()) == 2


async def test_children_go_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    out = tmp_path / "pids"
    program = (
        "import asyncio,os,sys\n"
        "from tipmeet.processes.child import Child\n"
        "async def main():\n"
        f"    await Child('s',[sys.executable,'-c',{WRITE_PID_AND_WAIT!r},{str(out)!r}],"
        "dict(os.environ)).start()\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    (pid,) = await lines(out, 1)
    supervisor.kill()
    await supervisor.wait()
    async with asyncio.timeout(TIMEOUT_S):
        while alive(pid):
            await asyncio.sleep(0.01)
