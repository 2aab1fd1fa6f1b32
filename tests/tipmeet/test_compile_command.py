"""`tipmeet compile` says where the native code is, or why there is none."""

from __future__ import annotations

import pytest

from mediasrv.native import compiled
from tipmeet.cli import main


def test_it_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile"]) == 0
    said = capsys.readouterr().out
    assert "is compiled" in said
    assert str(compiled.found()) in said


def test_it_says_why_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compiled.VARIABLE, "no")
    assert main(["compile"]) == 2
    assert "will run interpreted" in capsys.readouterr().err
