"""The books: everything a program does with money except the ticking of live calls."""

from __future__ import annotations

from metering.calls.calls import Calls
from metering.calls.refunds import Refunds
from metering.earnings.balances import Earnings
from metering.earnings.delivery import Shares
from metering.earnings.holds import Holds
from metering.earnings.payouts import Payouts
from metering.journal.platform import PlatformAccounts
from metering.journal.statements import Statements
from metering.store.keys import PARTITIONS
from metering.store.partitions import Partitions
from metering.store.scripts import Client
from metering.upkeep import Upkeep
from metering.wallets.promo import Promo
from metering.wallets.vouchers import Vouchers
from metering.wallets.wallets import Wallets


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
