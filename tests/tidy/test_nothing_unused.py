"""No function, attribute or constant that nobody uses (by `vulture`)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from vulture import Vulture

from tests.tidy.sources import EVERYWHERE, ROOT, files, name_of, tree

# A decorator that hands the function to somebody who calls it.
CALLED_BY_DECORATOR = [
    "@*.get",  # aiohttp: a page
    "@pytest.*",
    "@*validator",  # pydantic
    "@rule",  # hypothesis: a step of a state machine
    "@initialize",
    "@invariant",
]
# Names that somebody else calls or reads.
KNOWN_BY_OTHERS = {
    "asyncio's protocols": (
        "connection_made connection_lost data_received datagram_received error_received exc"
    ),
    "pydantic's settings": (
        "settings_customise_sources settings_cls dotenv_settings file_secret_settings model_config"
    ),
    "pytest": "pytest_* pytestmark test_*",
    "hypothesis": "teardown",
    "html.parser": "handle_starttag handle_data",
    "aioice, replaced in a benchmark": "get_host_addresses use_ipv4 use_ipv6",
    "whoever reads an operator's deed later, under another name": "operator_id",
    "the numbering of fuzzed inputs": "FROM_CLIENT",
    "jinja2's environment": "globals",
    "redis-py: whose pool it is": "auto_close_connection_pool",
    "the kernel's structs": "msg_name msg_namelen msg_iov msg_iovlen msg_control iov_base iov_len",
    "libsrtp's policy": "window_size allow_repeat_tx",
    "cffi: memory that C points to lives as long as its owner": "_keep",
    "PyAV's frames and streams": "height pix_fmt time_base framerate bit_rate pts sample_rate",
}


def _said_elsewhere() -> set[str]:
    """Words of templates, scripts and the protocol; whole strings in Python: fields by name."""
    words: set[str] = set()
    for path in (*files(".html", *EVERYWHERE), *files(".js", *EVERYWHERE), *files(".md", "docs")):
        words.update(re.findall(r"\w+", path.read_text()))
    for path in files(".py", *EVERYWHERE):
        words.update(
            node.value
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
    return words


def _unused() -> dict[str, str]:
    """Name → where it is made."""
    names = [name for group in KNOWN_BY_OTHERS.values() for name in group.split()]
    vulture = Vulture(ignore_names=names, ignore_decorators=CALLED_BY_DECORATOR)
    vulture.scavenge([ROOT / each for each in EVERYWHERE], exclude=["*/__compiled__/*"])
    return {
        item.name: f"{name_of(item.filename)}:{item.first_lineno}"
        for item in vulture.get_unused_code(min_confidence=60)
    }


def test_nothing_is_made_that_nobody_uses() -> None:
    said = _said_elsewhere()
    assert {name: place for name, place in _unused().items() if name not in said} == {}


def test_what_is_said_to_be_known_by_others_is_there() -> None:
    others = [path for path in files(".py", *EVERYWHERE) if path != Path(__file__)]
    text = "\n".join(path.read_text() for path in others)
    named = [name.rstrip("*") for group in KNOWN_BY_OTHERS.values() for name in group.split()]
    assert [name for name in named if not re.search(rf"\b{name}", text)] == []
