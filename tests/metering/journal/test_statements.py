"""Statements come in pages, or as CSV that a spreadsheet can open safely."""

from __future__ import annotations

import csv
import io

from metering.journal.csv import COLUMNS, statement_csv
from tests.metering.call_driver import CLIENT, CallDriver


async def test_pages_follow_each_other_without_gap_or_overlap(driver: CallDriver) -> None:
    for at in range(7):
        driver.now_ms += at % 2  # several lines of one instant
        await driver.pay_in(100 + at)
    whole = await driver.books.statements.lines(CLIENT, "client")
    pages, last = [], None
    while page := await driver.books.statements.lines(CLIENT, "client", 3, before=last):
        pages += page
        last = page[-1]
    assert pages == whole
    assert len(whole) == 8


async def test_csv_holds_every_line_with_decimal_amounts(driver: CallDriver) -> None:
    await driver.talk(61)
    entries = await driver.books.statements.lines(CLIENT, "client")
    rows = list(csv.reader(io.StringIO(statement_csv(entries, "USD"))))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1][1:6] == ["call", "-0.305", "4.695", "USD", driver.call]
    assert rows[1][0].startswith("1970-01-12T")


async def test_a_note_cannot_become_a_formula(driver: CallDriver) -> None:
    await driver.books.wallets.top_up(
        CLIENT, 1, key="k", source="operator", note='=HYPERLINK("x")', now_ms=driver.now_ms
    )
    (entry, *_) = await driver.books.statements.lines(CLIENT, "client")
    rows = list(csv.reader(io.StringIO(statement_csv([entry], "USD"))))
    assert rows[1][6] == '\'=HYPERLINK("x")'
