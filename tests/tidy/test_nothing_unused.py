"""No function, attribute or constant that nobody uses (by `vulture`)."""

from __future__ import annotations

import ast
import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

from tests.tidy.sources import EVERYWHERE, PACKAGES, ROOT, files, name_of, tree

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

# What the product has for its tests alone.
FOR_TESTS = {
    "a planted bug is a script with another source": "with_source",
    "a program as a person, whose line a test cuts": "disconnected reconnect",
    "a stand-in for a browser": "vanish restart_offer",
    "how slowly a page reads": "queued",
    "operations of the books that no page asks for": "orphans adjust",
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


def _unused(*folders: str) -> list[Item]:
    """What these folders make but do not use."""
    names = [name for group in KNOWN_BY_OTHERS.values() for name in group.split()]
    vulture = Vulture(ignore_names=names, ignore_decorators=CALLED_BY_DECORATOR)
    vulture.scavenge([ROOT / each for each in folders], exclude=["*/__compiled__/*"])
    return list(vulture.get_unused_code(min_confidence=60))


def _places(items: Iterable[Item], but: set[str]) -> dict[str, str]:
    """Name → where it is made."""
    return {
        item.name: f"{name_of(item.filename)}:{item.first_lineno}"
        for item in items
        if item.name not in but
    }


def test_nothing_is_made_that_nobody_uses() -> None:
    assert _places(_unused(*EVERYWHERE), _said_elsewhere()) == {}


def test_what_the_product_makes_it_uses_itself() -> None:
    for_tests = {name for names in FOR_TESTS.values() for name in names.split()}
    templates = "\n".join(path.read_text() for path in files(".html", *PACKAGES))
    code = [
        item
        for item in _unused(*PACKAGES, "bench")
        if item.typ in ("function", "method", "property", "class")
        and not re.search(rf"\b{item.name}\b", templates)
    ]
    assert _places(code, for_tests) == {}
    assert for_tests - {item.name for item in code} == set(), "used by now: take it out"


def test_what_is_said_to_be_known_by_others_is_there() -> None:
    others = [path for path in files(".py", *EVERYWHERE) if path != Path(__file__)]
    words = {word for path in others for word in re.findall(r"\w+", path.read_text())}
    named = [name for group in KNOWN_BY_OTHERS.values() for name in group.split()]
    assert [name for name in named if not fnmatch.filter(words, name)] == []
