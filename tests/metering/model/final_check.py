"""The check at the end of a simulation: every micro-unit that came in is where receipts say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from metering.books import Books
from metering.calls.receipts import CallReceipt
from metering.items import Failure
from tests.metering.model.world import LostError


class BrokenError(AssertionError):
    """An invariant does not hold."""


@dataclass(frozen=True)
class CameIn:
    """A client's money: all that came in and was not taken out, promotional credit among it."""

    total_micros: int
    promo_micros: int


def expect(true: bool, problem: str) -> None:
    if not true:
        raise BrokenError(problem)


async def check_all_money(
    books: Books,
    clients: dict[str, CameIn],
    receipts: Sequence[CallReceipt],
    flowed_ms: dict[str, int],
) -> None:
    """`flowed_ms`: the truth about each call's media. All calls have ended, all shares are home."""
    _check_receipts(receipts, flowed_ms)
    for client, money in clients.items():
        mine = [each for each in receipts if each.client_id == client]
        wallet = await books.wallets.of(client)
        expect(wallet.held_micros == 0, f"{client} still has a hold")
        spent = sum(each.charged_micros - each.refunded_micros for each in mine)
        expected = money.total_micros - spent
        expect(
            wallet.available_micros == expected,
            f"{client} has {wallet.available_micros}, should have {expected}",
        )
        promo = money.promo_micros - sum(_promo_spent(each) for each in mine)
        expect(
            wallet.promo_micros == promo,
            f"{client} has {wallet.promo_micros} promotional, should have {promo}",
        )
    for provider in sorted({each.provider_id for each in receipts}):
        expected = sum(_share_kept(each) for each in receipts if each.provider_id == provider)
        earned = (await books.earnings.of(provider)).earned_micros
        expect(earned == expected, f"{provider} earned {earned}, should have {expected}")


def _check_receipts(receipts: Sequence[CallReceipt], flowed_ms: dict[str, int]) -> None:
    free: set[tuple[str, str]] = set()
    for receipt in receipts:
        expect(receipt.connected_s * 1000 <= flowed_ms[receipt.call_id], "charged beyond proof")
        lengths = sum(end - start for start, end in receipt.intervals)
        expect(lengths == receipt.connected_s * 1000, "intervals do not add up")
        if receipt.free_s and receipt.tariff.price_micros:
            place = (receipt.client_id, receipt.service_id)
            expect(place not in free, f"a second free probe of {place}")
            free.add(place)


def _promo_spent(receipt: CallReceipt) -> int:
    """Promotional credit spent on a call and not given back: cash came back first."""
    cash = receipt.charged_micros - receipt.promo_micros
    return receipt.promo_micros - max(0, receipt.refunded_micros - cash)


def _share_kept(receipt: CallReceipt) -> int:
    """The provider's part of a call, less what refunds took back of it."""
    back = receipt.refunded_micros
    return receipt.provider_micros - (back - back * receipt.tariff.commission_bps // 10_000)


def net(
    paid_in: Mapping[str, int], taken_out: Iterable[tuple[str, int]], granted: Mapping[str, int]
) -> dict[str, CameIn]:
    """What came in of each client's, in micro-units: withdrawals are (client, amount)."""
    taken = dict.fromkeys(paid_in, 0)
    for client, amount in taken_out:
        taken[client] += amount
    return {
        client: CameIn(paid - taken[client], granted[client]) for client, paid in paid_in.items()
    }


def only_lost(failures: Iterable[Failure]) -> None:
    """What upkeep could not do, it could not because the network failed."""
    for each in failures:
        if not isinstance(each.error, LostError):
            raise BrokenError(f"upkeep failed: {each}") from each.error
