"""A client's money as the model of the state machine knows it, to the micro-unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class WalletModel:
    """Cash and promotional credit, each free or held for the open call. Promotional credit is
    held and spent before cash, what is held before what is free."""

    cash: int = 0
    promo: int = 0
    held_cash: int = 0
    held_promo: int = 0

    @property
    def free(self) -> int:
        return self.cash + self.promo

    @property
    def held(self) -> int:
        return self.held_cash + self.held_promo

    @property
    def total(self) -> int:
        return self.free + self.held

    def hold(self, amount: int) -> None:
        self.held_promo = min(amount, self.promo)
        self.held_cash = amount - self.held_promo
        self.promo -= self.held_promo
        self.cash -= self.held_cash

    def spend(self, amount: int) -> int:
        """Returns how much of it was promotional."""
        promotional = 0
        for name in ("held_promo", "held_cash", "promo", "cash"):
            part = min(amount, getattr(self, name))
            setattr(self, name, getattr(self, name) - part)
            amount -= part
            promotional += part if name.endswith("promo") else 0
        assert amount == 0, "more was spent than there is"
        return promotional

    def release(self) -> None:
        self.cash, self.promo = self.cash + self.held_cash, self.promo + self.held_promo
        self.held_cash = self.held_promo = 0
