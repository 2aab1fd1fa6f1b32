"""Ownership of a call is a fencing epoch: an owner that lost it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from metering import meter
from metering.errors import CallEndedError, OutOfRangeError
from metering.meter import Meter
from metering.scripts import Argument
from tests.metering.desk import Desk


async def test_a_new_owner_adds_to_what_the_old_one_proved(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(70.5)
    other = Meter(desk.books.partitions, "relay-2")
    adopted = await other.adopt(desk.call, desk.now_ms)
    assert (adopted.epoch, adopted.proof_base_ms, adopted.seconds) == (2, 70_500, 70)
    (tick,) = await other.tick({desk.call: 1600}, desk.now_ms)
    assert (tick.seconds, tick.proof_ms) == (72, 72_100)
    await desk.assert_audit_clean()


async def test_a_fenced_owner_is_told_and_charges_nothing(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(70)
    await Meter(desk.books.partitions, "relay-2").adopt(desk.call, desk.now_ms)
    tick = await desk.prove(500)
    assert (tick.status, tick.seconds) == ("stale_epoch", 0)
    assert (await desk.books.calls.meter(desk.call)).seconds == 70


async def test_adopting_again_keeps_the_epoch(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(20)
    adopted = await desk.meter.adopt(desk.call, desk.now_ms)
    assert (adopted.epoch, adopted.proof_base_ms) == (1, 0)
    assert (await desk.prove(21)).seconds == 21


async def test_an_owner_that_takes_its_call_back_counts_no_second_twice(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(20)
    other = Meter(desk.books.partitions, "relay-2")
    await other.adopt(desk.call, desk.now_ms)
    await other.tick({desk.call: 5000}, desk.now_ms)
    await desk.meter.adopt(desk.call, desk.now_ms)
    assert (await desk.prove(22)).seconds == 27  # 20 + 5 + 2


async def test_a_restarted_process_of_the_same_name_starts_a_new_epoch(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(20)
    desk.meter = Meter(desk.books.partitions, "relay-1")
    assert (await desk.meter.adopt(desk.call, desk.now_ms)).epoch == 2
    assert (await desk.prove(3)).seconds == 23


async def test_ended_and_unknown_calls_answer_so(desk: Desk) -> None:
    await desk.answer()
    await desk.hang_up()
    assert (await desk.prove(5)).status == "ended"
    with pytest.raises(CallEndedError):
        await Meter(desk.books.partitions, "relay-2").adopt(desk.call, desk.now_ms)
    await desk.books.partitions.redis.flushall()
    assert (await desk.prove(5)).status == "unknown_call"
    (tick,) = await Meter(desk.books.partitions, "relay-3").tick({desk.call: 1}, 1)
    assert tick.status == "stale_epoch"


async def test_a_call_dropped_while_a_round_is_under_way_is_not_charged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of a later pipeline are made while the store works on the first."""
    monkeypatch.setattr(meter, "MAX_PIPELINE", 1)
    monkeypatch.setattr(meter, "MAX_UNDER_WAY", 1)
    calls = [await _answered(desk, f"client-{at}") for at in range(12)]
    assert len({desk.books.partitions.of_call(call) for call in calls}) > 2
    run_many = desk.books.partitions.scripts.run_many
    left: list[str] = []

    async def drop_the_rest(name: str, batches: Sequence[tuple[int, Sequence[Argument]]]) -> Any:
        if not left:
            first = batches[0][0]
            left.extend(call for call in calls if desk.books.partitions.of_call(call) != first)
            for call in left:
                desk.meter.drop(call)
        return await run_many(name, batches)

    monkeypatch.setattr(desk.books.partitions.scripts, "run_many", drop_the_rest)
    ticks = {t.call_id: t for t in await desk.meter.tick(dict.fromkeys(calls, 70_000), 1)}
    assert set(ticks) == set(calls)
    for call in calls:
        expected = ("stale_epoch", 0) if call in left else ("ok", 70)
        assert (ticks[call].status, ticks[call].seconds) == expected
        assert (await desk.books.calls.meter(call)).seconds == expected[1]


async def _answered(desk: Desk, client: str) -> str:
    """A live call of another client on the same relay."""
    other = Desk(desk.books, desk.tariff, client=client)
    other.meter = desk.meter
    await other.pay_in(10**7)
    await other.answer()
    return other.call


async def test_a_broken_proof_charges_nobody_in_its_batch(desk: Desk) -> None:
    await desk.answer()
    with pytest.raises(OutOfRangeError):
        await desk.prove(10_000_001)
    assert (await desk.books.calls.meter(desk.call)).proof_ms == 0


async def test_calls_whose_owner_is_gone_are_found(desk: Desk) -> None:
    await desk.answer()
    soon = desk.now_ms + 1
    assert await desk.books.calls.orphans(alive={"relay-1"}, opened_before_ms=soon) == []
    (orphan,) = await desk.books.calls.orphans(alive={"relay-9"}, opened_before_ms=soon)
    assert (orphan.call_id, orphan.owner) == (desk.call, "relay-1")
    assert await desk.books.calls.orphans(alive=set(), opened_before_ms=desk.now_ms) == []


async def test_scripts_come_back_after_the_store_forgot_them(desk: Desk) -> None:
    await desk.answer()
    await desk.books.partitions.redis.script_flush()
    assert (await desk.prove(5)).seconds == 5
    await desk.books.partitions.redis.script_flush()
    assert (await desk.hang_up()).connected_s == 5
