"""A receipt of the books as bytes, kept in the call's record."""

from __future__ import annotations

from dataclasses import fields

import msgpack

from metering.calls.receipts import CallReceipt
from metering.tariff import Tariff


def pack_receipt(receipt: CallReceipt) -> bytes:
    """By field name, so that a receipt written today is read by tomorrow's version."""
    row = {field.name: getattr(receipt, field.name) for field in fields(receipt)}
    row["tariff"] = receipt.tariff.pack()
    return bytes(msgpack.packb(row))


def unpack_receipt(data: bytes) -> CallReceipt:
    """The inverse of `pack_receipt`."""
    row = msgpack.unpackb(data)
    row["tariff"] = Tariff.unpack(row["tariff"])
    for name in ("intervals", "pauses"):
        row[name] = tuple((start, stop) for start, stop in row[name])
    known = {field.name for field in fields(CallReceipt)}
    return CallReceipt(**{name: value for name, value in row.items() if name in known})
