"""A call is charged by its proven seconds, exactly, whatever is repeated or lost."""

from __future__ import annotations

import pytest
import redis.asyncio

from metering.audit.audit import audit
from metering.books import Books
from metering.calls.meter import Meter
from metering.errors import (
    AlreadyInCallError,
    CallEndedError,
    CurrencyError,
    DuplicateKeyError,
    InsufficientFundsError,
    OutOfRangeError,
    PriceChangedError,
    UnknownCallError,
)
from metering.store.keys import key
from metering.tariff import Tariff, charge_micros
from tests.metering.call_driver import CLIENT, PROVIDER, SERVICE, CallDriver


async def test_hanging_up_within_the_threshold_costs_nothing(driver: CallDriver) -> None:
    receipt = await driver.talk(60.9)
    assert receipt.charged_micros == 0
    assert (receipt.connected_s, receipt.free_s, receipt.billed_s) == (60, 60, 0)
    assert await driver.money() == 5_000_000
    await driver.assert_audit_clean()


async def test_the_first_minute_is_charged_once_the_second_begins(driver: CallDriver) -> None:
    receipt = await driver.talk(61)
    assert receipt.charged_micros == 305_000
    assert receipt.commission_micros == 61_000
    assert receipt.provider_micros == 244_000
    assert receipt.balance_before_micros - receipt.balance_after_micros == 305_000
    assert await driver.money() == 4_695_000
    assert (await driver.books.earnings.of(PROVIDER)).earned_micros == 244_000
    await driver.assert_audit_clean()


async def test_a_repeated_or_older_proof_charges_nothing_more(driver: CallDriver) -> None:
    await driver.answer()
    first = await driver.prove(100)
    assert await driver.prove(100) == first
    assert await driver.prove(50) == first
    assert await driver.money() == 5_000_000 - first.charged_micros


async def test_money_moves_from_the_hold_first(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(61)
    wallet = await driver.books.wallets.of(CLIENT)
    assert (wallet.available_micros, wallet.held_micros) == (4_400_000, 295_000)
    await driver.prove(200)
    wallet = await driver.books.wallets.of(CLIENT)
    assert (wallet.available_micros, wallet.held_micros) == (4_000_000, 0)
    await driver.assert_audit_clean()


async def test_exhausted_money_stops_the_charge_at_the_last_paid_second(driver: CallDriver) -> None:
    opened = await driver.answer()
    assert opened.affordable_s == 1000
    tick = await driver.prove(1200)
    assert (tick.status, tick.seconds, tick.affordable_s) == ("exhausted", 1000, 0)
    assert tick.balance_micros == 0
    receipt = await driver.hang_up("balance_exhausted")
    assert receipt.charged_micros == 5_000_000
    assert (receipt.connected_s, receipt.overrun_s) == (1000, 200)
    await driver.assert_audit_clean()


async def test_a_top_up_during_the_call_lets_it_go_on(driver: CallDriver) -> None:
    await driver.answer()
    assert (await driver.prove(1000)).status == "exhausted"
    await driver.pay_in(1_000_000)
    tick = await driver.prove(1100)
    assert (tick.status, tick.seconds, tick.affordable_s) == ("ok", 1100, 100)
    receipt = await driver.hang_up()
    assert receipt.other_micros == 1_000_000
    await driver.assert_audit_clean()


async def test_a_spending_cap_ends_the_charge_before_the_money_does(driver: CallDriver) -> None:
    opened = await driver.answer(spending_cap_micros=1_000_000)
    assert opened.affordable_s == 200
    tick = await driver.prove(500)
    assert (tick.status, tick.seconds) == ("exhausted", 200)
    assert (await driver.hang_up("spend_cap")).charged_micros == 1_000_000
    await driver.assert_audit_clean()


async def test_a_spending_cap_below_the_first_charged_second_is_refused(driver: CallDriver) -> None:
    with pytest.raises(OutOfRangeError):
        await driver.ring(spending_cap_micros=304_999)


async def test_ending_again_answers_the_same_receipt(driver: CallDriver) -> None:
    receipt = await driver.talk(90)
    assert await driver.hang_up("operator_ended") == receipt
    assert await driver.books.calls.receipt(driver.call) == receipt
    assert await driver.money() == 5_000_000 - receipt.charged_micros


async def test_the_last_charge_happens_inside_the_end(driver: CallDriver) -> None:
    await driver.answer()
    await driver.pay_in(0 + 1)
    await driver.prove(1000)
    assert (await driver.prove(1005)).status == "exhausted"
    await driver.pay_in(1_000_000)  # stored proof is ahead of the charge now
    receipt = await driver.hang_up()
    assert receipt.connected_s == 1005
    await driver.assert_audit_clean()


async def test_a_call_that_never_connected_releases_all_of_its_hold(driver: CallDriver) -> None:
    await driver.ring()
    receipt = await driver.hang_up("no_answer")
    assert receipt.charged_micros == 0
    assert receipt.intervals == ()
    assert (await driver.books.wallets.of(CLIENT)).available_micros == 5_000_000
    await driver.assert_audit_clean()


async def test_intervals_show_where_proof_had_gaps_and_add_up(driver: CallDriver) -> None:
    await driver.answer()
    start = driver.now_ms
    for second in range(1, 11):
        await driver.prove(second)
    driver.now_ms += 20_000
    for second in range(11, 16):
        await driver.prove(second)
    receipt = await driver.hang_up()
    assert receipt.intervals == ((start, start + 10_000), (start + 30_000, start + 35_000))
    assert sum(end - begin for begin, end in receipt.intervals) == receipt.connected_s * 1000


async def test_pauses_are_on_the_receipt(driver: CallDriver) -> None:
    await driver.answer()
    await driver.books.calls.pause(driver.call, now_ms=driver.now_ms)
    await driver.books.calls.pause(driver.call, now_ms=driver.now_ms + 500)
    await driver.books.calls.resume(driver.call, now_ms=driver.now_ms + 7000)
    await driver.books.calls.pause(driver.call, now_ms=driver.now_ms + 9000)
    driver.now_ms += 12_000
    receipt = await driver.hang_up()
    assert receipt.paused_s == 10
    with pytest.raises(CallEndedError):
        await driver.books.calls.pause(driver.call, now_ms=driver.now_ms)


async def test_too_little_money_opens_nothing(driver: CallDriver, tariff: Tariff) -> None:
    dear = Tariff("USD", 100_000_000, 60, 60, "retroactive", 1, 1, 2000, 2, 1)
    driver.tariff = dear
    with pytest.raises(InsufficientFundsError) as refused:
        await driver.ring()
    assert refused.value.facts == {"needed": 200_000_000, "available": 5_000_000}
    assert await driver.books.calls.live() == []
    await driver.assert_audit_clean()


async def test_a_client_has_one_paid_call_at_a_time(driver: CallDriver) -> None:
    await driver.ring()
    first = driver.call
    with pytest.raises(AlreadyInCallError):
        await driver.ring()
    await driver.books.calls.end(first, "cancelled", now_ms=driver.now_ms)
    await driver.ring()


async def test_opening_again_with_the_same_id_changes_nothing(
    driver: CallDriver, tariff: Tariff
) -> None:
    opened = await driver.ring()
    request = {
        "client_id": CLIENT,
        "provider_id": PROVIDER,
        "service_id": SERVICE,
        "now_ms": driver.now_ms,
    }
    assert await driver.books.calls.open(driver.call, tariff=tariff, **request) == opened
    with pytest.raises(DuplicateKeyError):
        await driver.books.calls.open(driver.call, tariff=tariff.without_threshold(), **request)
    await driver.hang_up()
    with pytest.raises(CallEndedError):
        await driver.books.calls.open(driver.call, tariff=tariff, **request)


async def test_the_free_probe_is_used_up_by_a_call_that_stayed_free(driver: CallDriver) -> None:
    await driver.talk(45)
    quote = await driver.books.calls.quote(CLIENT, SERVICE, driver.tariff, now_ms=driver.now_ms)
    assert (quote.free_probe, quote.tariff.threshold_s) == (False, 0)
    assert quote.tariff.hash != driver.tariff.hash
    with pytest.raises(PriceChangedError):
        await driver.books.calls.open(
            driver.books.calls.new_id(CLIENT),
            client_id=CLIENT,
            provider_id=PROVIDER,
            service_id=SERVICE,
            tariff=driver.tariff,
            now_ms=driver.now_ms,
        )
    receipt = await driver.talk(10)
    assert receipt.charged_micros == charge_micros(quote.tariff, 10) > 0
    tomorrow = driver.now_ms + 86_400_000 + 1
    quote = await driver.books.calls.quote(CLIENT, SERVICE, driver.tariff, now_ms=tomorrow)
    assert quote.free_probe


async def test_a_call_nobody_answered_or_that_was_paid_uses_up_no_probe(driver: CallDriver) -> None:
    await driver.ring()
    await driver.hang_up("declined")
    await driver.talk(61)
    quote = await driver.books.calls.quote(CLIENT, SERVICE, driver.tariff, now_ms=driver.now_ms)
    assert quote.free_probe
    other = await driver.books.calls.quote(CLIENT, "other", driver.tariff, now_ms=driver.now_ms)
    assert other.free_probe


async def test_a_free_call_needs_no_money_and_has_a_receipt(driver: CallDriver) -> None:
    driver.tariff = Tariff("USD", 0, 60, 60, "retroactive", 1, 1, 2000, 2, 1)
    opened = await driver.answer()
    assert (opened.hold_micros, opened.affordable_s) == (0, None)
    tick = await driver.prove(4000)
    assert (tick.status, tick.seconds, tick.affordable_s) == ("ok", 4000, None)
    receipt = await driver.hang_up()
    assert (receipt.connected_s, receipt.free_s, receipt.charged_micros) == (4000, 4000, 0)
    await driver.assert_audit_clean()


async def test_what_the_books_cannot_know_is_refused(driver: CallDriver, tariff: Tariff) -> None:
    with pytest.raises(UnknownCallError):
        await driver.books.calls.end("0001-nobody", "failed", now_ms=1)
    with pytest.raises(UnknownCallError):
        await driver.books.calls.meter("not a call id")
    with pytest.raises(UnknownCallError):
        await Meter(driver.books.partitions, "r").adopt("ffff-00", 1)
    euro = Tariff("EUR", 1, 60, 0, "retroactive", 1, 1, 0, 2, 1)
    with pytest.raises(CurrencyError):
        await driver.books.calls.quote(CLIENT, SERVICE, euro, now_ms=1)


async def test_the_state_of_a_call_can_be_looked_up(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(30)
    state = await driver.books.calls.meter(driver.call)
    assert (state.state, state.seconds, state.free_left_s) == ("live", 30, 30)
    assert (state.epoch, state.owner) == (1, "relay-1")
    assert (state.balance_micros, state.affordable_s) == (5_000_000, 970)
    assert await driver.books.calls.receipt(driver.call) is None
    await driver.hang_up()
    assert (await driver.books.calls.meter(driver.call)).state == "ended"


async def test_many_calls_of_a_partition_are_kept_where_one_is_found_at_once(
    redis_client: redis.asyncio.Redis, tariff: Tariff
) -> None:
    books = Books(redis_client, partitions=1)
    for at in range(20):
        client = f"client-{at}"
        await books.wallets.top_up(client, 700_000, key="k", source="operator", now_ms=1)
        await books.calls.open(
            books.calls.new_id(client),
            client_id=client,
            provider_id=PROVIDER,
            service_id=SERVICE,
            tariff=tariff,
            now_ms=1,
        )
    for name in ("acct", "tariff", "meter"):
        assert await redis_client.object("ENCODING", key(0, name)) == b"hashtable"
    assert (await audit(books.partitions)).ok
