"""In upkeep a step that fails stops no other step, nor an item another item."""

from __future__ import annotations

import pytest

from metering.books import Books
from metering.errors import OutOfRangeError, UnknownCallError
from metering.items import MAX_NAMED, Items, UnfinishedError
from metering.money import MAX_MICROS
from metering.store.keys import key
from metering.upkeep import Kept
from metering.wallets.codes import code_digest
from tests.metering.call_driver import CLIENT, PROVIDER, CallDriver

WINDOW_MS = 3_600_000


async def keep_up(driver: CallDriver, after_ms: int = WINDOW_MS, **given: object) -> Kept:
    return await driver.books.upkeep.run(now_ms=driver.now_ms + after_ms, **given)  # type: ignore[arg-type]


async def half_done(driver: CallDriver) -> None:
    """A call that has ended and whose share is still in the outbox."""
    await driver.answer()
    await driver.prove(61)
    partition = driver.books.partitions.of_call(driver.call)
    await driver.books.partitions.scripts.run(
        "calls/end", partition, driver.call, driver.now_ms, "server_lost"
    )


async def available(books: Books, provider: str = PROVIDER) -> int:
    return (await books.earnings.of(provider)).available_micros


def same_home(books: Books, provider: str) -> str:
    """Somebody whose home is in the same partition."""
    names = (f"provider-{at}" for at in range(10_000))
    home = books.partitions.of(provider)
    return next(name for name in names if books.partitions.of(name) == home)


async def test_a_voucher_claim_that_fails_stops_nobodys_earnings(driver: CallDriver) -> None:
    await driver.talk(61)
    (code,) = await driver.books.vouchers.create(
        1000, 1, expires_at_ms=None, note="", created_by="op", now_ms=1
    )
    await driver.books.vouchers._claim("dave", code_digest(code), "k", 2)
    await driver.books.wallets.top_up("dave", MAX_MICROS, key="full", source="operator", now_ms=1)
    kept = await keep_up(driver)
    assert (kept.vouchers_finished, kept.released) == (0, 1)
    [failure] = kept.failures
    assert (failure.step, type(failure.error)) == ("vouchers", OutOfRangeError)
    assert await available(driver.books) == 244_000


async def test_every_step_is_done_though_each_of_the_others_fails(
    driver: CallDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = driver.books
    places = {
        "delivered": (books.shares, "deliver_all"),
        "vouchers_finished": (books.vouchers, "finish"),
        "released": (books.earnings, "release"),
        "expired_micros": (books.promo, "expire"),
        "forgotten": (books.upkeep, "_forget"),
    }

    async def one(*_: object, **__: object) -> int:
        return 1

    async def broken(*_: object, **__: object) -> int:
        raise RuntimeError("broken")

    for failing in places:
        with monkeypatch.context() as patch:
            for name, (part, method) in places.items():
                patch.setattr(part, method, broken if name == failing else one)
            kept = await keep_up(driver)
        assert {name: getattr(kept, name) for name in places} == {
            name: int(name != failing) for name in places
        }
        [failure] = kept.failures
        assert str(failure.error) == "broken"


async def test_without_the_holds_of_open_reports_nothing_is_released_and_the_rest_is_done(
    driver: CallDriver,
) -> None:
    await half_done(driver)

    async def reports_are_away() -> None:
        raise ConnectionError

    kept = await keep_up(driver, mend_holds=reports_are_away)
    assert (kept.delivered, kept.released) == (1, 0)
    assert [each.step for each in kept.failures] == ["release"]
    assert await available(driver.books) == 0

    async def mended() -> None:
        await driver.books.holds.place(driver.call, PROVIDER, now_ms=driver.now_ms)

    assert (await keep_up(driver, mend_holds=mended)).failures == ()
    assert await available(driver.books) == 0
    await driver.books.holds.free(driver.call, PROVIDER, now_ms=driver.now_ms)
    assert (await keep_up(driver)).released == 1


async def test_a_share_that_cannot_be_released_keeps_only_itself_back(driver: CallDriver) -> None:
    books = driver.books
    await driver.talk(61)
    other = same_home(books, PROVIDER)
    await books.earnings.adjust(other, 700, key="a", note="", now_ms=1)
    home = books.partitions.of(other)
    await books.partitions.redis.zadd(key(home, "due"), {"0001-lost": 1})  # nothing came home of it
    kept = await keep_up(driver)
    assert kept.released == 1
    assert [each.item for each in kept.failures] == ["call 0001-lost"]
    assert await available(books) == 244_000


async def test_a_share_that_cannot_come_home_keeps_only_itself_back(driver: CallDriver) -> None:
    books = driver.books
    await half_done(driver)
    partition = books.partitions.of_call(driver.call)
    await books.partitions.redis.hset(key(partition, "outbox"), "0001-lost", "5")
    kept = await keep_up(driver)
    assert kept.delivered == 1
    [failure] = kept.failures
    assert (failure.item, type(failure.error)) == ("call 0001-lost", UnknownCallError)
    assert await available(books) == 244_000


async def test_a_provider_who_can_hold_no_more_keeps_no_neighbour_waiting(
    driver: CallDriver,
) -> None:
    books = driver.books
    full = same_home(books, PROVIDER)
    await half_done(driver)
    other = CallDriver(books, driver.tariff, client="c7", provider=full)
    await other.pay_in(5_000_000)
    await half_done(other)
    acct = key(books.partitions.of(full), "acct")
    await books.partitions.redis.hset(acct, f"pending:{full}", str(MAX_MICROS))
    assert books.partitions.of_call(other.call) == books.partitions.of_call(driver.call)
    kept = await keep_up(driver)
    assert (kept.delivered, kept.released) == (1, 1)
    assert [each.item for each in kept.failures] == [f"call {other.call}"]
    assert await available(books) == 244_000


async def test_expired_credit_of_one_client_does_not_wait_for_anothers(driver: CallDriver) -> None:
    for client in (CLIENT, "carol"):
        await driver.books.wallets.top_up(
            client, 700, key="p", source="op", now_ms=1, promo=True, expires_at_ms=2
        )
    lots = key(driver.books.partitions.of("carol"), "lots")
    await driver.books.partitions.redis.hset(lots, "carol", b"\xc1 never msgpack")
    kept = await keep_up(driver)
    assert kept.expired_micros == 700
    assert [each.item for each in kept.failures] == ["client carol"]


async def test_so_many_failures_are_named_and_all_are_counted() -> None:
    items = Items("step")
    for at in range(3 * MAX_NAMED):
        items.failed(str(at), ValueError())
    with pytest.raises(UnfinishedError) as unfinished:
        items.finish()
    assert len(unfinished.value.failures) == MAX_NAMED
    assert unfinished.value.facts["failed"] == 3 * MAX_NAMED
