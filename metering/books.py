"""The books: everything a program does with money except the ticking of live calls."""

from __future__ import annotations

from metering.accounts import PlatformAccounts
from metering.calls import Calls
from metering.earnings import Earnings, Shares
from metering.holds import Holds
from metering.keys import PARTITIONS
from metering.ledger import Partitions
from metering.payouts import Payouts
from metering.periods import Statements
from metering.promo import Promo
from metering.refunds import Refunds
from metering.scripts import Client
from metering.upkeep import Upkeep
from metering.vouchers import Vouchers
from metering.wallets import Wallets


class Books:
    """The parts of the books, on one store; `partitions` is what they all stand on.

    `redis` is a client whose answers are bytes (`decode_responses=False`), to a single server or a
    cluster. Every command raises a `metering.errors.MeteringError` and changes nothing, or does
    all of it. What a command acknowledged is on disk where the store keeps a log.
    """

    def __init__(
        self,
        redis: Client,
        *,
        currency: str = "USD",
        partitions: int = PARTITIONS,
        dispute_window_s: int = 7 * 86_400,
    ) -> None:
        self.partitions = Partitions(redis, currency=currency, count=partitions)
        self.wallets = Wallets(self.partitions)
        self.vouchers = Vouchers(self.partitions)
        self.promo = Promo(self.partitions)
        self.shares = Shares(self.partitions, dispute_window_s)
        self.calls = Calls(self.partitions, self.shares)
        self.refunds = Refunds(self.partitions, self.shares)
        self.earnings = Earnings(self.partitions, dispute_window_s)
        self.holds = Holds(self.partitions, self.earnings)
        self.payouts = Payouts(self.partitions)
        self.statements = Statements(self.partitions)
        self.platform = PlatformAccounts(self.partitions)
        self.upkeep = Upkeep(
            self.partitions,
            shares=self.shares,
            vouchers=self.vouchers,
            earnings=self.earnings,
            promo=self.promo,
        )
