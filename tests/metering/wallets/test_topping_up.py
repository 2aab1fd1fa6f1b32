"""Money enters a wallet once per key."""

from __future__ import annotations

import pytest
import redis.asyncio

from metering.books import Books
from metering.errors import DuplicateKeyError, OutOfRangeError, UnknownAccountError
from metering.money import MAX_MICROS
from tests.metering.call_driver import CLIENT, CallDriver


async def test_a_repeated_top_up_credits_once(books: Books) -> None:
    for _ in range(3):
        wallet = await books.wallets.top_up("carol", 700, key="k", source="operator", now_ms=5)
    assert wallet.available_micros == 700
    assert len(await books.statements.lines("carol", "client")) == 1


async def test_a_key_used_for_another_amount_is_refused(books: Books) -> None:
    await books.wallets.top_up("carol", 700, key="k", source="operator", now_ms=5)
    with pytest.raises(DuplicateKeyError):
        await books.wallets.top_up("carol", 701, key="k", source="operator", now_ms=5)
    assert (await books.wallets.of("carol")).available_micros == 700


async def test_two_clients_may_use_the_same_key(redis_client: redis.asyncio.Redis) -> None:
    books = Books(redis_client, partitions=1)
    for client, micros in (("carol", 5), ("dave", 5), ("erin", 7)):
        wallet = await books.wallets.top_up(client, micros, key="k", source="operator", now_ms=5)
        assert wallet.available_micros == micros


@pytest.mark.parametrize("micros", [0, -1, MAX_MICROS + 1, True])
async def test_impossible_amounts_are_refused(books: Books, micros: int) -> None:
    with pytest.raises(OutOfRangeError):
        await books.wallets.top_up("carol", micros, key="k", source="operator", now_ms=5)


async def test_a_balance_never_leaves_the_exact_range(books: Books) -> None:
    await books.wallets.top_up("carol", MAX_MICROS, key="k1", source="operator", now_ms=5)
    with pytest.raises(OutOfRangeError):
        await books.wallets.top_up("carol", 1, key="k2", source="operator", now_ms=5)
    assert (await books.wallets.of("carol")).available_micros == MAX_MICROS


@pytest.mark.parametrize("client", ["", "a b", "x" * 65, "a\0b", "a}b"])
async def test_ids_nobody_can_have_are_unknown(books: Books, client: str) -> None:
    with pytest.raises(UnknownAccountError):
        await books.wallets.of(client)


async def test_a_statement_lists_the_newest_first_within_a_period(driver: CallDriver) -> None:
    await driver.talk(61)
    driver.now_ms += 5000
    await driver.pay_in(100)
    lines = await driver.books.statements.lines(CLIENT, "client")
    assert [(line.kind, line.amount_micros) for line in lines] == [
        ("top_up", 100),
        ("call", -305_000),
        ("top_up", 5_000_000),
    ]
    assert lines[1].call == driver.call
    assert [line.balance_micros for line in lines] == [4_695_100, 4_695_000, 5_000_000]
    early = await driver.books.statements.lines(CLIENT, "client", from_ms=0, to_ms=driver.now_ms)
    assert [line.kind for line in early] == ["call", "top_up"]
    assert await driver.books.statements.lines("alic", "client") == []


async def test_promotional_credit_is_spent_first_and_paid_by_the_platform(
    driver: CallDriver,
) -> None:
    await driver.books.wallets.top_up(
        CLIENT, 200_000, key="gift", source="operator", now_ms=driver.now_ms, promo=True
    )
    receipt = await driver.talk(61)
    assert (receipt.charged_micros, receipt.promo_micros) == (305_000, 200_000)
    wallet = await driver.books.wallets.of(CLIENT)
    assert (wallet.available_micros, wallet.promo_micros) == (4_895_000, 0)
    await driver.assert_audit_clean()


async def test_unspent_promotional_credit_comes_back_as_such(driver: CallDriver) -> None:
    await driver.books.wallets.top_up(
        CLIENT, 400_000, key="gift", source="operator", now_ms=driver.now_ms, promo=True
    )
    await driver.talk(61)
    wallet = await driver.books.wallets.of(CLIENT)
    assert wallet.promo_micros == 95_000
    assert wallet.available_micros == 5_095_000
