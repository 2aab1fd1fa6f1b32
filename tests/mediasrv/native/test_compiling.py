"""The packet path as native code: made once for its source, used only while it fits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediasrv.native import compile as making
from mediasrv.native import compiled


def _runs_compiled(**environment: str) -> bool:
    """What a fresh process says of the module every packet passes through."""
    code = "import mediasrv.media_path as m; print(m.__file__.endswith('.py'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip() == "False"


@pytest.fixture
def two_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the package, of which only two small modules are compiled; its folder."""
    package = tmp_path / "mediasrv"
    shutil.copytree(compiled.PACKAGE, package, ignore=shutil.ignore_patterns("__*__"))
    for module in (making, compiled):
        monkeypatch.setattr(module, "PACKAGE", package)
        monkeypatch.setattr(module, "MODULES", ("rtp/loss", "net/rate_limit"))
    monkeypatch.delenv(compiled.VARIABLE, raising=False)
    return package


def test_what_has_been_made_is_used_unless_told_otherwise() -> None:
    made = compiled.found() is not None
    assert made == (os.environ.get(compiled.VARIABLE) != "no"), "make test compiles it first"
    assert compiled.in_use() == made
    assert _runs_compiled() == made
    assert not _runs_compiled(**{compiled.VARIABLE: "no"})


def test_made_once_and_made_anew_for_other_source(two_modules: Path) -> None:
    made = making.build()
    assert made == compiled.found()
    library = next(made.glob("mediasrv__mypyc*"))
    at = library.stat().st_mtime_ns
    assert making.build() == made
    assert library.stat().st_mtime_ns == at
    path = [str(two_modules)]
    compiled.use(path)
    sys.path.remove(str(made))
    assert path == [str(made / "mediasrv")]
    with (two_modules / "sdp" / "offer.py").open("a") as source:
        source.write("\nEDITED = True\n")
    assert compiled.found() is None
    path = [str(two_modules)]
    compiled.use(path)
    assert path == [str(two_modules)]
    (made.parent / "somebody's").mkdir()
    newer = making.build()
    assert newer != made
    assert not made.exists()
    assert (made.parent / "somebody's").exists()


def test_without_a_compiler_it_says_so_at_once(
    two_modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "/nonexistent/cc -O2")
    with pytest.raises(making.CompileError, match=r"no C compiler \(/nonexistent/cc\)"):
        making.build()
    assert not (two_modules / "__compiled__").exists()


def test_a_compiler_that_fails_leaves_nothing(
    two_modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "false")
    with pytest.raises(making.CompileError, match="the compiler failed"):
        making.build()
    assert list((two_modules / "__compiled__").iterdir()) == []
    assert compiled.found() is None


def test_a_folder_that_cannot_be_written_is_named(
    two_modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = two_modules / "taken"
    taken.write_text("not a folder")
    monkeypatch.setenv(compiled.VARIABLE, str(taken))
    with pytest.raises(making.CompileError, match="may name another folder"):
        making.build()


def test_not_wanted_is_not_made(two_modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.VARIABLE, "no")
    with pytest.raises(making.CompileError, match="says so"):
        making.build()
    assert not (two_modules / "__compiled__").exists()
