"""Statements of any account and period: exact, in pages, and as CSV."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from tests.signaling.actors import Person, Refused
from tests.signaling.conftest import Reporter, Site
from tests.signaling.paid_call import CHARGED, EARNED, Paid, paid_call


@pytest.fixture
async def paid(site: Site, reporter: Reporter) -> Paid:
    return await paid_call(site, reporter)


async def text(person: Person, path: str) -> str:
    async with person.http.get(f"{person.url}/api{path}") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/csv"
        assert "attachment" in answer.headers["Content-Disposition"]
        return (await answer.read()).decode("utf-8-sig")


async def test_a_period_joins_the_one_before(paid: Paid) -> None:
    middle = paid.site.clock() + 1
    paid.site.clock.advance(60)
    await paid.site.give(paid.ann, "3.00")
    first = await paid.ann.api("GET", f"/statement?to={middle}")
    second = await paid.ann.api("GET", f"/statement?from={middle}")
    assert (first["opening_micros"], first["closing_micros"]) == (0, 12_000_000 - CHARGED)
    assert second["opening_micros"] == first["closing_micros"]
    assert second["closing_micros"] == await paid.balance()
    assert [line["kind"] for line in first["entries"]] == ["call", "top_up"]
    bob = await paid.bob.api("GET", "/statement")
    assert (bob["closing_micros"], bob["entries"][0]["call"]) == (EARNED, paid.call)


async def test_more_than_a_page_is_read_page_by_page(paid: Paid) -> None:
    for _ in range(105):
        await paid.site.give(paid.ann, "0.01")
    lines: list[object] = []
    after = ""
    for _ in range(2):
        page = await paid.ann.api("GET", f"/statement?after={after}")
        assert page["closing_micros"] == await paid.balance()
        lines += page["entries"]
        after = page["next"]
    assert after is None
    assert len(lines) == 107


async def test_the_csv_of_a_period_adds_up_to_it(paid: Paid) -> None:
    rows = list(csv.DictReader(io.StringIO(await text(paid.ann, "/statement.csv"))))
    total = sum(Decimal(row["amount"]) for row in rows)
    assert total * 1_000_000 == await paid.balance()
    day = "from=2020-01-01&to=2020-01-31"
    assert len((await text(paid.ann, f"/statement.csv?{day}")).splitlines()) == 1


async def test_the_operator_reads_anybodys_and_the_platforms_own(paid: Paid) -> None:
    ann, bob = paid.ann.user["id"], paid.bob.user["id"]
    mine = await paid.ann.api("GET", "/statement")
    assert await paid.olga.api("GET", f"/admin/users/{ann}/statement") == mine
    assert (await paid.olga.api("GET", f"/admin/users/{bob}/statement"))["closing_micros"] == EARNED
    platform = await paid.olga.api("GET", "/admin/accounts/platform/statement")
    assert platform["closing_micros"] == CHARGED - EARNED
    assert sum(line["amount_micros"] for line in platform["entries"]) == CHARGED - EARNED
    external = await paid.olga.api("GET", "/admin/accounts/external/statement")
    # What came in for clients is what clients, providers and the platform have now.
    assert external["closing_micros"] == -12_000_000
    for path in (f"/admin/users/{ann}", "/admin/accounts/external"):
        assert "time,kind,amount" in await text(paid.olga, f"{path}/statement.csv")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("from=5&to=5", "to"),
        ("from=2026-02-02&to=2026-02-01", "to"),
        ("from=-5", "from"),
        ("to=9999-12-31", "to"),
        ("after=x", "after"),
        ("after=1.2-3456789", "after"),
        ("from=99999999999999999999", "from"),
    ],
)
async def test_a_period_that_is_none_is_refused_by_its_field(
    paid: Paid, query: str, field: str
) -> None:
    for person, path in (
        (paid.ann, "/statement"),
        (paid.olga, "/admin/accounts/platform/statement"),
    ):
        with pytest.raises(Refused) as refused:
            await person.api("GET", f"{path}?{query}")
        assert list(refused.value.fields or {}) == [field]


async def test_whose_it_is_not_gets_none(paid: Paid) -> None:
    for person, path, code in (
        (paid.ann, f"/admin/users/{paid.bob.user['id']}/statement", "forbidden"),
        (paid.bob, "/admin/accounts/platform/statement.csv", "forbidden"),
        (paid.olga, "/statement", "forbidden"),
        (paid.olga, "/admin/users/nobody/statement", "not_found"),
        (paid.olga, f"/admin/users/{paid.olga.user['id']}/statement", "forbidden"),
        (paid.olga, "/admin/accounts/cash:x/statement", "not_found"),
        (paid.olga, "/admin/accounts/cash:x/statement.csv", "not_found"),
    ):
        with pytest.raises(Refused) as refused:
            await person.api("GET", path)
        assert refused.value.code == code
