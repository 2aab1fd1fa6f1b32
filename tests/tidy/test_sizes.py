"""What is read at one go stays short enough for that."""

from __future__ import annotations

from collections import Counter

from tests.tidy.sources import EVERYWHERE, PACKAGES, files, functions, name_of

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 70
MOST_MODULES_OF_A_FOLDER = 15

SUFFIXES = (".py", ".js", ".css", ".html", ".lua", ".c")

#: Longer, and why that is so.
LONG_FUNCTIONS = {
    "bench/relay/load.py run_load": "the load's one loop: a call more falsifies it",
    "mediasrv/media_path.py MediaPath.forward": "each packet's way, hot: a call more costs",
    "mediasrv/media_path.py MediaPath._pass_on": "each packet's way, hot: a call more costs",
}


def test_files_are_short() -> None:
    lengths = {
        name_of(path): len(path.read_text().splitlines())
        for suffix in SUFFIXES
        for path in files(suffix, *EVERYWHERE)
    }
    assert len(lengths) > 300
    assert {n: length for n, length in lengths.items() if length > MOST_LINES_OF_A_FILE} == {}


def test_functions_are_short() -> None:
    long = {
        f"{name_of(path)} {name}": (node.end_lineno or 0) - node.lineno + 1
        for path in files(".py", *EVERYWHERE)
        for name, node in functions(path)
        if (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    }
    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS} == {}
    assert set(LONG_FUNCTIONS) <= set(long), "no longer long: take it out of LONG_FUNCTIONS"


def test_folders_hold_few_modules() -> None:
    modules = Counter(name_of(path.parent) for path in files(".py", *PACKAGES, "bench"))
    assert {n: many for n, many in modules.items() if many > MOST_MODULES_OF_A_FOLDER} == {}
