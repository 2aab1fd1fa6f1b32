"""Every input a fuzzer has found interesting is survived; in the soak, it looks for new ones."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mediasrv.attacks.fuzzing import CORPUS, TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_the_kept_corpus_is_survived(name: str) -> None:
    target = TARGETS[name]()
    inputs = sorted((CORPUS / name).iterdir())
    assert len(inputs) > 30
    for path in inputs:
        target(path.read_bytes())


if "TIPMEET_SOAK_S" in os.environ and importlib.util.find_spec("atheris"):
    SECONDS = int(float(os.environ["TIPMEET_SOAK_S"]))

    @pytest.mark.timeout(SECONDS + 120)
    @pytest.mark.parametrize("name", TARGETS)
    def test_a_fuzzer_finds_nothing_that_raises(name: str, tmp_path: Path) -> None:
        new = tmp_path / "found"
        new.mkdir()
        command = [sys.executable, str(Path(__file__).parent / "fuzzing.py"), name, str(new)]
        done = subprocess.run(
            [*command, str(CORPUS / name), f"-max_total_time={SECONDS}", "-timeout=10"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
