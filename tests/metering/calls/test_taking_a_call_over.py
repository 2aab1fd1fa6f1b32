"""Ownership of a call is a fencing epoch: an owner that lost it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from metering.calls import meter
from metering.calls.meter import Meter
from metering.errors import CallEndedError, OutOfRangeError
from metering.store.scripts import Argument
from tests.metering.call_driver import CallDriver


async def test_a_new_owner_adds_to_what_the_old_one_proved(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(70.5)
    other = Meter(driver.books.partitions, "relay-2")
    adopted = await other.adopt(driver.call, driver.now_ms)
    assert (adopted.epoch, adopted.proof_base_ms, adopted.seconds) == (2, 70_500, 70)
    (tick,) = await other.tick({driver.call: 1600}, driver.now_ms)
    assert (tick.seconds, tick.proof_ms) == (72, 72_100)
    await driver.assert_audit_clean()


async def test_a_fenced_owner_is_told_and_charges_nothing(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(70)
    await Meter(driver.books.partitions, "relay-2").adopt(driver.call, driver.now_ms)
    tick = await driver.prove(500)
    assert (tick.status, tick.seconds) == ("stale_epoch", 0)
    assert (await driver.books.calls.meter(driver.call)).seconds == 70


async def test_adopting_again_keeps_the_epoch(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(20)
    adopted = await driver.meter.adopt(driver.call, driver.now_ms)
    assert (adopted.epoch, adopted.proof_base_ms) == (1, 0)
    assert (await driver.prove(21)).seconds == 21


async def test_an_owner_that_takes_its_call_back_counts_no_second_twice(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(20)
    other = Meter(driver.books.partitions, "relay-2")
    await other.adopt(driver.call, driver.now_ms)
    await other.tick({driver.call: 5000}, driver.now_ms)
    await driver.meter.adopt(driver.call, driver.now_ms)
    assert (await driver.prove(22)).seconds == 27  # 20 + 5 + 2


async def test_a_restarted_process_of_the_same_name_starts_a_new_epoch(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(20)
    driver.meter = Meter(driver.books.partitions, "relay-1")
    assert (await driver.meter.adopt(driver.call, driver.now_ms)).epoch == 2
    assert (await driver.prove(3)).seconds == 23


async def test_ended_and_unknown_calls_answer_so(driver: CallDriver) -> None:
    await driver.answer()
    await driver.hang_up()
    assert (await driver.prove(5)).status == "ended"
    with pytest.raises(CallEndedError):
        await Meter(driver.books.partitions, "relay-2").adopt(driver.call, driver.now_ms)
    await driver.books.partitions.redis.flushall()
    assert (await driver.prove(5)).status == "unknown_call"
    (tick,) = await Meter(driver.books.partitions, "relay-3").tick({driver.call: 1}, 1)
    assert tick.status == "stale_epoch"


async def test_a_call_dropped_while_a_round_is_under_way_is_not_charged(
    driver: CallDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of a later pipeline are made while the store works on the first."""
    monkeypatch.setattr(meter, "MAX_PIPELINE", 1)
    monkeypatch.setattr(meter, "MAX_UNDER_WAY", 1)
    calls = [await _answered(driver, f"client-{at}") for at in range(12)]
    assert len({driver.books.partitions.of_call(call) for call in calls}) > 2
    run_many = driver.books.partitions.scripts.run_many
    left: list[str] = []

    async def drop_the_rest(name: str, batches: Sequence[tuple[int, Sequence[Argument]]]) -> Any:
        if not left:
            first = batches[0][0]
            left.extend(call for call in calls if driver.books.partitions.of_call(call) != first)
            for call in left:
                driver.meter.drop(call)
        return await run_many(name, batches)

    monkeypatch.setattr(driver.books.partitions.scripts, "run_many", drop_the_rest)
    ticks = {t.call_id: t for t in await driver.meter.tick(dict.fromkeys(calls, 70_000), 1)}
    assert set(ticks) == set(calls)
    for call in calls:
        expected = ("stale_epoch", 0) if call in left else ("ok", 70)
        assert (ticks[call].status, ticks[call].seconds) == expected
        assert (await driver.books.calls.meter(call)).seconds == expected[1]


async def _answered(driver: CallDriver, client: str) -> str:
    """A live call of another client on the same relay."""
    other = CallDriver(driver.books, driver.tariff, client=client)
    other.meter = driver.meter
    await other.pay_in(10**7)
    await other.answer()
    return other.call


async def test_a_broken_proof_charges_nobody_in_its_batch(driver: CallDriver) -> None:
    await driver.answer()
    with pytest.raises(OutOfRangeError):
        await driver.prove(10_000_001)
    assert (await driver.books.calls.meter(driver.call)).proof_ms == 0


async def test_calls_whose_owner_is_gone_are_found(driver: CallDriver) -> None:
    await driver.answer()
    soon = driver.now_ms + 1
    assert await driver.books.calls.orphans(alive={"relay-1"}, opened_before_ms=soon) == []
    (orphan,) = await driver.books.calls.orphans(alive={"relay-9"}, opened_before_ms=soon)
    assert (orphan.call_id, orphan.owner) == (driver.call, "relay-1")
    assert await driver.books.calls.orphans(alive=set(), opened_before_ms=driver.now_ms) == []


async def test_scripts_come_back_after_the_store_forgot_them(driver: CallDriver) -> None:
    await driver.answer()
    await driver.books.partitions.redis.script_flush()
    assert (await driver.prove(5)).seconds == 5
    await driver.books.partitions.redis.script_flush()
    assert (await driver.hang_up()).connected_s == 5
