"""A statement as CSV (RFC 4180), for people with spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from metering.journal.statements import Entry
from metering.money import format_amount

COLUMNS = ("time", "kind", "amount", "balance", "currency", "call", "note", "entry")
# A spreadsheet takes a cell that starts with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def statement_csv(entries: Iterable[Entry], currency: str) -> str:
    """One line per entry in the order given; times in UTC (ISO 8601), amounts as decimals."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        time = datetime.fromtimestamp(entry.at_ms / 1000, UTC).isoformat(timespec="seconds")
        balance = "" if entry.balance_micros is None else format_amount(entry.balance_micros)
        note = f"'{entry.note}" if entry.note.startswith(_FORMULA_STARTS) else entry.note
        writer.writerow(
            (
                time,
                entry.kind,
                format_amount(entry.amount_micros),
                balance,
                currency,
                entry.call or "",
                note,
                entry.id,
            )
        )
    return out.getvalue()
