"""Makes native code of the packet path, with mypyc: ``tipmeet compile``.

It takes a C compiler, Python's headers and a minute, once for each version of the source. Without
it the relay runs interpreted (see ``compiled``).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from mediasrv.native.compiled import MODULES, PACKAGE, VARIABLE, folder, found, key

#: Longest that compiling may take, in seconds; on a slow core it takes two minutes.
TIMEOUT_S = 1200
_RECIPE = """
import sys
from mypyc.build import mypycify
from setuptools import setup
setup(
    name="mediasrv",
    packages=[],
    ext_modules=mypycify(
        ["--ignore-missing-imports", *sys.argv[1:]], opt_level="2", group_name="mediasrv"
    ),
    script_args=["--quiet", "build_ext", "--build-lib", "out", "--build-temp", "objects"],
)
"""


class CompileError(Exception):
    """It could not be compiled; the message says what is missing or what the compiler said."""


def build() -> Path:
    """Compiles, once: what is there already is kept. Raises ``CompileError``.

    What was compiled of other source is removed.
    """
    everything, made = folder(), found()
    if everything is None:
        raise CompileError(f"{VARIABLE}=no says so")
    if made is not None:
        return made
    _check_tools()
    try:
        everything.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".building-", dir=everything) as place:
            # A copy: nothing but the result shall be in the package's folder, and the source may be
            # edited meanwhile.
            copy = Path(place) / PACKAGE.name
            shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__*__"))
            target = everything / key(copy)
            out = _compile(copy)
            _try_out(out)
            if not target.exists():  # else another process was quicker
                os.rename(out, target)
    except OSError as error:
        raise CompileError(
            f"{everything} cannot be written ({error}); {VARIABLE} may name another folder"
        ) from error
    for library in everything.glob(f"*/{PACKAGE.name}__mypyc*"):
        if library.parent != target:
            shutil.rmtree(library.parent, ignore_errors=True)
    return target


def _check_tools() -> None:
    for needed in ("mypyc", "setuptools"):
        if importlib.util.find_spec(needed) is None:
            raise CompileError(f"{needed} is not installed: pip install 'tipmeet[compiled]'")
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        raise CompileError(f"there is no C compiler ({compiler})")
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if not headers.exists():
        raise CompileError(f"Python's headers are missing ({headers}; Debian: python3-dev)")


def _compile(copy: Path) -> Path:
    names = [f"{copy.name}/{name}.py" for name in MODULES]
    _run([sys.executable, "-c", _RECIPE, *names], copy.parent)
    out = copy.parent / "out"
    # A package on its own: Python takes a library before the source it lies beside.
    shutil.copytree(copy, out / copy.name, dirs_exist_ok=True)
    return out


def _try_out(made: Path) -> None:
    """The library must load: a broken one would end every relay at its start."""
    names = ", ".join(".".join((PACKAGE.name, *name.split("/"))) for name in MODULES)
    code = f"import sys; sys.path.insert(0, {str(made)!r}); import {PACKAGE.name}; "
    code += f"{PACKAGE.name}.__path__[:] = [{str(made / PACKAGE.name)!r}]; import {names}"
    _run([sys.executable, "-c", code], PACKAGE.parent)


def _run(command: list[str], cwd: Path) -> None:
    environment = {**os.environ, VARIABLE: "no"}
    try:
        done = subprocess.run(  # noqa: S603 - this Python, on the package's own source
            command,
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CompileError(f"not done after {TIMEOUT_S} s") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-12:]
        raise CompileError("\n".join(["the compiler failed:", *said]))
