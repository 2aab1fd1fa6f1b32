"""Upkeep finishes what a crash left half way, forgets what cannot matter any more."""

from __future__ import annotations

from tests.metering.call_driver import CLIENT, SERVICE, CallDriver

DAY_MS = 86_400_000


async def grant(driver: CallDriver, micros: int, key: str, expires_at_ms: int | None) -> None:
    await driver.books.wallets.top_up(
        CLIENT,
        micros,
        key=key,
        source="operator",
        now_ms=driver.now_ms,
        promo=True,
        expires_at_ms=expires_at_ms,
    )


async def test_promotional_credit_expires_and_what_expires_first_is_spent_first(
    driver: CallDriver,
) -> None:
    soon, later = driver.now_ms + DAY_MS, driver.now_ms + 2 * DAY_MS
    await grant(driver, 200_000, "g1", later)
    await grant(driver, 100_000, "g2", soon)
    await grant(driver, 50_000, "g3", None)
    driver.tariff = driver.tariff.without_threshold()
    await driver.talk(6)  # 0.03, from the credit that expires soonest
    assert (await driver.books.upkeep.run(now_ms=soon)).expired_micros == 70_000
    assert (await driver.books.wallets.of(CLIENT)).promo_micros == 250_000
    assert (await driver.books.upkeep.run(now_ms=soon)).expired_micros == 0
    assert (await driver.books.upkeep.run(now_ms=later)).expired_micros == 200_000
    assert (await driver.books.wallets.of(CLIENT)).promo_micros == 50_000
    await driver.assert_audit_clean()


async def test_spent_credit_does_not_shield_a_later_grant_from_expiring(driver: CallDriver) -> None:
    await grant(driver, 305_000, "g1", None)
    await driver.talk(61)
    await grant(driver, 1000, "g2", driver.now_ms + 1)
    assert (await driver.books.upkeep.run(now_ms=driver.now_ms + 1)).expired_micros == 1000


async def test_credit_held_by_an_open_call_expires_when_the_call_has_ended(
    driver: CallDriver,
) -> None:
    await grant(driver, 700_000, "g1", driver.now_ms + 10)
    await driver.ring()
    assert (await driver.books.upkeep.run(now_ms=driver.now_ms + 20)).expired_micros == 0
    await driver.hang_up("no_answer")
    assert (await driver.books.upkeep.run(now_ms=driver.now_ms + 20)).expired_micros == 700_000
    await driver.assert_audit_clean()


async def test_keys_and_probes_of_long_ago_are_forgotten(driver: CallDriver) -> None:
    await driver.talk(30)
    assert (await driver.books.upkeep.run(now_ms=driver.now_ms)).forgotten == 0
    later = driver.now_ms + 401 * DAY_MS
    assert (await driver.books.upkeep.run(now_ms=later)).forgotten == 2
    quote = await driver.books.calls.quote(CLIENT, SERVICE, driver.tariff, now_ms=later)
    assert quote.free_probe


async def test_a_round_of_upkeep_delivers_and_releases(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(61)
    partition = driver.books.partitions.of_call(driver.call)
    await driver.books.partitions.scripts.run(
        "calls/end", partition, driver.call, driver.now_ms, "server_lost"
    )
    done = await driver.books.upkeep.run(now_ms=driver.now_ms + 3_600_000)
    assert (done.delivered, done.released) == (1, 1)
    await driver.assert_audit_clean()


async def test_refunded_credit_does_not_expire_and_takes_no_other_credit_along(
    driver: CallDriver,
) -> None:
    await grant(driver, 305_000, "g1", None)
    await driver.talk(61)
    await grant(driver, 1000, "g2", None)  # the first grant is spent: its lot is gone
    await driver.books.refunds.give(driver.call, 305_000, key="r", note="", now_ms=driver.now_ms)
    assert (await driver.books.upkeep.run(now_ms=driver.now_ms + DAY_MS)).expired_micros == 0
    assert (await driver.books.wallets.of(CLIENT)).promo_micros == 306_000
