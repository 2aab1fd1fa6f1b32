"""The books: everything a program does with money except the ticking of live calls."""

from __future__ import annotations

from metering.calls import CallBook
from metering.holds import HoldBook
from metering.refunds import RefundBook
from metering.upkeep import UpkeepBook


class Books(UpkeepBook, HoldBook, RefundBook, CallBook):
    """Wallets, statements, vouchers, calls, refunds, earnings, holds, payouts and upkeep on one
    store.

    `redis` is a client whose answers are bytes (`decode_responses=False`), to a single server or a
    cluster. Every command raises a `metering.errors.MeteringError` and changes nothing, or does
    all of it. What a command acknowledged is on disk where the store keeps a log.
    """
