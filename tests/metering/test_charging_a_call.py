"""A call is charged by its proven seconds, exactly, whatever is repeated or lost."""

from __future__ import annotations

import pytest
import redis.asyncio

from metering.audit import audit
from metering.books import Books
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
from metering.keys import key
from metering.meter import Meter
from metering.tariff import Tariff, charge_micros
from tests.metering.desk import CLIENT, PROVIDER, SERVICE, Desk


async def test_hanging_up_within_the_threshold_costs_nothing(desk: Desk) -> None:
    receipt = await desk.talk(60.9)
    assert receipt.charged_micros == 0
    assert (receipt.connected_s, receipt.free_s, receipt.billed_s) == (60, 60, 0)
    assert await desk.money() == 5_000_000
    await desk.assert_audit_clean()


async def test_the_first_minute_is_charged_once_the_second_begins(desk: Desk) -> None:
    receipt = await desk.talk(61)
    assert receipt.charged_micros == 305_000
    assert receipt.commission_micros == 61_000
    assert receipt.provider_micros == 244_000
    assert receipt.balance_before_micros - receipt.balance_after_micros == 305_000
    assert await desk.money() == 4_695_000
    assert (await desk.books.earnings.of(PROVIDER)).earned_micros == 244_000
    await desk.assert_audit_clean()


async def test_a_repeated_or_older_proof_charges_nothing_more(desk: Desk) -> None:
    await desk.answer()
    first = await desk.prove(100)
    assert await desk.prove(100) == first
    assert await desk.prove(50) == first
    assert await desk.money() == 5_000_000 - first.charged_micros


async def test_money_moves_from_the_hold_first(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(61)
    wallet = await desk.books.wallets.of(CLIENT)
    assert (wallet.available_micros, wallet.held_micros) == (4_400_000, 295_000)
    await desk.prove(200)
    wallet = await desk.books.wallets.of(CLIENT)
    assert (wallet.available_micros, wallet.held_micros) == (4_000_000, 0)
    await desk.assert_audit_clean()


async def test_exhausted_money_stops_the_charge_at_the_last_paid_second(desk: Desk) -> None:
    opened = await desk.answer()
    assert opened.affordable_s == 1000
    tick = await desk.prove(1200)
    assert (tick.status, tick.seconds, tick.affordable_s) == ("exhausted", 1000, 0)
    assert tick.balance_micros == 0
    receipt = await desk.hang_up("balance_exhausted")
    assert receipt.charged_micros == 5_000_000
    assert (receipt.connected_s, receipt.overrun_s) == (1000, 200)
    await desk.assert_audit_clean()


async def test_a_top_up_during_the_call_lets_it_go_on(desk: Desk) -> None:
    await desk.answer()
    assert (await desk.prove(1000)).status == "exhausted"
    await desk.pay_in(1_000_000)
    tick = await desk.prove(1100)
    assert (tick.status, tick.seconds, tick.affordable_s) == ("ok", 1100, 100)
    receipt = await desk.hang_up()
    assert receipt.other_micros == 1_000_000
    await desk.assert_audit_clean()


async def test_a_spending_cap_ends_the_charge_before_the_money_does(desk: Desk) -> None:
    opened = await desk.answer(spending_cap_micros=1_000_000)
    assert opened.affordable_s == 200
    tick = await desk.prove(500)
    assert (tick.status, tick.seconds) == ("exhausted", 200)
    assert (await desk.hang_up("spend_cap")).charged_micros == 1_000_000
    await desk.assert_audit_clean()


async def test_a_spending_cap_below_the_first_charged_second_is_refused(desk: Desk) -> None:
    with pytest.raises(OutOfRangeError):
        await desk.ring(spending_cap_micros=304_999)


async def test_ending_again_answers_the_same_receipt(desk: Desk) -> None:
    receipt = await desk.talk(90)
    assert await desk.hang_up("operator_ended") == receipt
    assert await desk.books.calls.receipt(desk.call) == receipt
    assert await desk.money() == 5_000_000 - receipt.charged_micros


async def test_the_last_charge_happens_inside_the_end(desk: Desk) -> None:
    await desk.answer()
    await desk.pay_in(0 + 1)
    await desk.prove(1000)
    assert (await desk.prove(1005)).status == "exhausted"
    await desk.pay_in(1_000_000)  # stored proof is ahead of the charge now
    receipt = await desk.hang_up()
    assert receipt.connected_s == 1005
    await desk.assert_audit_clean()


async def test_a_call_that_never_connected_releases_all_of_its_hold(desk: Desk) -> None:
    await desk.ring()
    receipt = await desk.hang_up("no_answer")
    assert receipt.charged_micros == 0
    assert receipt.intervals == ()
    assert (await desk.books.wallets.of(CLIENT)).available_micros == 5_000_000
    await desk.assert_audit_clean()


async def test_intervals_show_where_proof_had_gaps_and_add_up(desk: Desk) -> None:
    await desk.answer()
    start = desk.now_ms
    for second in range(1, 11):
        await desk.prove(second)
    desk.now_ms += 20_000
    for second in range(11, 16):
        await desk.prove(second)
    receipt = await desk.hang_up()
    assert receipt.intervals == ((start, start + 10_000), (start + 30_000, start + 35_000))
    assert sum(end - begin for begin, end in receipt.intervals) == receipt.connected_s * 1000


async def test_pauses_are_on_the_receipt(desk: Desk) -> None:
    await desk.answer()
    await desk.books.calls.pause(desk.call, now_ms=desk.now_ms)
    await desk.books.calls.pause(desk.call, now_ms=desk.now_ms + 500)
    await desk.books.calls.resume(desk.call, now_ms=desk.now_ms + 7000)
    await desk.books.calls.pause(desk.call, now_ms=desk.now_ms + 9000)
    desk.now_ms += 12_000
    receipt = await desk.hang_up()
    assert receipt.paused_s == 10
    with pytest.raises(CallEndedError):
        await desk.books.calls.pause(desk.call, now_ms=desk.now_ms)


async def test_too_little_money_opens_nothing(desk: Desk, tariff: Tariff) -> None:
    dear = Tariff("USD", 100_000_000, 60, 60, "retroactive", 1, 1, 2000, 2, 1)
    desk.tariff = dear
    with pytest.raises(InsufficientFundsError) as refused:
        await desk.ring()
    assert refused.value.facts == {"needed": 200_000_000, "available": 5_000_000}
    assert await desk.books.calls.live() == []
    await desk.assert_audit_clean()


async def test_a_client_has_one_paid_call_at_a_time(desk: Desk) -> None:
    await desk.ring()
    first = desk.call
    with pytest.raises(AlreadyInCallError):
        await desk.ring()
    await desk.books.calls.end(first, "cancelled", now_ms=desk.now_ms)
    await desk.ring()


async def test_opening_again_with_the_same_id_changes_nothing(desk: Desk, tariff: Tariff) -> None:
    opened = await desk.ring()
    request = {
        "client_id": CLIENT,
        "provider_id": PROVIDER,
        "service_id": SERVICE,
        "now_ms": desk.now_ms,
    }
    assert await desk.books.calls.open(desk.call, tariff=tariff, **request) == opened
    with pytest.raises(DuplicateKeyError):
        await desk.books.calls.open(desk.call, tariff=tariff.without_threshold(), **request)
    await desk.hang_up()
    with pytest.raises(CallEndedError):
        await desk.books.calls.open(desk.call, tariff=tariff, **request)


async def test_the_free_probe_is_used_up_by_a_call_that_stayed_free(desk: Desk) -> None:
    await desk.talk(45)
    quote = await desk.books.calls.quote(CLIENT, SERVICE, desk.tariff, now_ms=desk.now_ms)
    assert (quote.free_probe, quote.tariff.threshold_s) == (False, 0)
    assert quote.tariff.hash != desk.tariff.hash
    with pytest.raises(PriceChangedError):
        await desk.books.calls.open(
            desk.books.calls.new_id(CLIENT),
            client_id=CLIENT,
            provider_id=PROVIDER,
            service_id=SERVICE,
            tariff=desk.tariff,
            now_ms=desk.now_ms,
        )
    receipt = await desk.talk(10)
    assert receipt.charged_micros == charge_micros(quote.tariff, 10) > 0
    tomorrow = desk.now_ms + 86_400_000 + 1
    quote = await desk.books.calls.quote(CLIENT, SERVICE, desk.tariff, now_ms=tomorrow)
    assert quote.free_probe


async def test_a_call_nobody_answered_or_that_was_paid_uses_up_no_probe(desk: Desk) -> None:
    await desk.ring()
    await desk.hang_up("declined")
    await desk.talk(61)
    quote = await desk.books.calls.quote(CLIENT, SERVICE, desk.tariff, now_ms=desk.now_ms)
    assert quote.free_probe
    other = await desk.books.calls.quote(CLIENT, "other", desk.tariff, now_ms=desk.now_ms)
    assert other.free_probe


async def test_a_free_call_needs_no_money_and_has_a_receipt(desk: Desk) -> None:
    desk.tariff = Tariff("USD", 0, 60, 60, "retroactive", 1, 1, 2000, 2, 1)
    opened = await desk.answer()
    assert (opened.hold_micros, opened.affordable_s) == (0, None)
    tick = await desk.prove(4000)
    assert (tick.status, tick.seconds, tick.affordable_s) == ("ok", 4000, None)
    receipt = await desk.hang_up()
    assert (receipt.connected_s, receipt.free_s, receipt.charged_micros) == (4000, 4000, 0)
    await desk.assert_audit_clean()


async def test_what_the_books_cannot_know_is_refused(desk: Desk, tariff: Tariff) -> None:
    with pytest.raises(UnknownCallError):
        await desk.books.calls.end("0001-nobody", "failed", now_ms=1)
    with pytest.raises(UnknownCallError):
        await desk.books.calls.meter("not a call id")
    with pytest.raises(UnknownCallError):
        await Meter(desk.books.partitions, "r").adopt("ffff-00", 1)
    euro = Tariff("EUR", 1, 60, 0, "retroactive", 1, 1, 0, 2, 1)
    with pytest.raises(CurrencyError):
        await desk.books.calls.quote(CLIENT, SERVICE, euro, now_ms=1)


async def test_the_state_of_a_call_can_be_looked_up(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(30)
    state = await desk.books.calls.meter(desk.call)
    assert (state.state, state.seconds, state.free_left_s) == ("live", 30, 30)
    assert (state.epoch, state.owner) == (1, "relay-1")
    assert (state.balance_micros, state.affordable_s) == (5_000_000, 970)
    assert await desk.books.calls.receipt(desk.call) is None
    await desk.hang_up()
    assert (await desk.books.calls.meter(desk.call)).state == "ended"


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
