"""Upkeep finishes what a crash left half way and forgets what cannot matter any more."""

from __future__ import annotations

from tests.metering.desk import CLIENT, SERVICE, Desk

DAY_MS = 86_400_000


async def grant(desk: Desk, micros: int, key: str, expires_at_ms: int | None) -> None:
    await desk.books.wallets.top_up(
        CLIENT,
        micros,
        key=key,
        source="operator",
        now_ms=desk.now_ms,
        promo=True,
        expires_at_ms=expires_at_ms,
    )


async def test_promotional_credit_expires_and_what_expires_first_is_spent_first(
    desk: Desk,
) -> None:
    soon, later = desk.now_ms + DAY_MS, desk.now_ms + 2 * DAY_MS
    await grant(desk, 200_000, "g1", later)
    await grant(desk, 100_000, "g2", soon)
    await grant(desk, 50_000, "g3", None)
    desk.tariff = desk.tariff.without_threshold()
    await desk.talk(6)  # 0.03, from the credit that expires soonest
    assert (await desk.books.upkeep.run(now_ms=soon)).expired_micros == 70_000
    assert (await desk.books.wallets.of(CLIENT)).promo_micros == 250_000
    assert (await desk.books.upkeep.run(now_ms=soon)).expired_micros == 0
    assert (await desk.books.upkeep.run(now_ms=later)).expired_micros == 200_000
    assert (await desk.books.wallets.of(CLIENT)).promo_micros == 50_000
    await desk.assert_audit_clean()


async def test_spent_credit_does_not_shield_a_later_grant_from_expiring(desk: Desk) -> None:
    await grant(desk, 305_000, "g1", None)
    await desk.talk(61)
    await grant(desk, 1000, "g2", desk.now_ms + 1)
    assert (await desk.books.upkeep.run(now_ms=desk.now_ms + 1)).expired_micros == 1000


async def test_credit_held_by_an_open_call_expires_when_the_call_has_ended(desk: Desk) -> None:
    await grant(desk, 700_000, "g1", desk.now_ms + 10)
    await desk.ring()
    assert (await desk.books.upkeep.run(now_ms=desk.now_ms + 20)).expired_micros == 0
    await desk.hang_up("no_answer")
    assert (await desk.books.upkeep.run(now_ms=desk.now_ms + 20)).expired_micros == 700_000
    await desk.assert_audit_clean()


async def test_keys_and_probes_of_long_ago_are_forgotten(desk: Desk) -> None:
    await desk.talk(30)
    assert (await desk.books.upkeep.run(now_ms=desk.now_ms)).forgotten == 0
    later = desk.now_ms + 401 * DAY_MS
    assert (await desk.books.upkeep.run(now_ms=later)).forgotten == 2
    quote = await desk.books.calls.quote(CLIENT, SERVICE, desk.tariff, now_ms=later)
    assert quote.free_probe


async def test_a_round_of_upkeep_delivers_and_releases(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(61)
    partition = desk.books.partitions.of_call(desk.call)
    await desk.books.partitions.scripts.run("end", partition, desk.call, desk.now_ms, "server_lost")
    done = await desk.books.upkeep.run(now_ms=desk.now_ms + 3_600_000)
    assert (done.delivered, done.released) == (1, 1)
    await desk.assert_audit_clean()


async def test_refunded_credit_does_not_expire_and_takes_no_other_credit_along(desk: Desk) -> None:
    await grant(desk, 305_000, "g1", None)
    await desk.talk(61)
    await grant(desk, 1000, "g2", None)  # the first grant is spent: its lot is gone
    await desk.books.refunds.give(desk.call, 305_000, key="r", note="", now_ms=desk.now_ms)
    assert (await desk.books.upkeep.run(now_ms=desk.now_ms + DAY_MS)).expired_micros == 0
    assert (await desk.books.wallets.of(CLIENT)).promo_micros == 306_000
