"""docs/protocol.md lists every error code with its status, none that nobody sends."""

from __future__ import annotations

import ast

import pytest

from signaling.kernel.problems import STATUS_OF_CODE, ProblemError
from tests.documents.reading import called, literal, nodes, rows, section


def _written(title: str) -> dict[str, int]:
    """Code → HTTP status."""
    table = rows(section("protocol.md", title), "code")
    return {code.strip("`"): int(status) for code, status, *_ in table}


def _first_arguments(*names: str) -> set[str]:
    """Codes that are raised or answered in one place of the source."""
    given = {
        literal(node.args[0])
        for node in nodes("signaling", "admin_web", "tipmeet")
        if isinstance(node, ast.Call) and called(node) in names and node.args
    }
    return given - {""}


def _of_classes(package: str) -> set[str]:
    """The code that each class of errors has."""
    return {
        literal(line.value)
        for node in nodes(package)
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign | ast.AnnAssign)
        and "code" in ast.unparse(line).split(" =")[0]
    } - {""}


# What a relay says of a page's offer, what aiohttp says of a method.
HANDED_ON = {"bad_offer", "nothing_in_common", "method_not_allowed"}


def raised() -> set[str]:
    """The people's side says them itself, or hands on what the books or others say."""
    return _first_arguments("ProblemError") | _of_classes("metering") | HANDED_ON


def test_every_code_is_in_the_table_and_no_other() -> None:
    assert set(STATUS_OF_CODE) == raised()


def test_every_code_is_documented_and_no_other() -> None:
    assert set(_written("6. Error codes")) == set(STATUS_OF_CODE)


@pytest.mark.parametrize(("code", "status"), _written("6. Error codes").items())
def test_a_code_has_the_status_that_is_documented(code: str, status: int) -> None:
    assert ProblemError(code, "").status == status


def test_what_a_relay_refuses_is_documented() -> None:
    text = section("protocol.md", "3. Web → relay (control API)")
    assert {code for code in _of_classes("mediasrv") if f"`{code}`" not in text} == set()
