"""A voucher credits each of its uses exactly once, whatever crashes in between."""

from __future__ import annotations

import asyncio

import pytest

from metering.audit.audit import audit
from metering.books import Books
from metering.errors import (
    DuplicateKeyError,
    OutOfRangeError,
    VoucherExpiredError,
    VoucherSpentError,
    VoucherUnknownError,
)
from metering.items import UnfinishedError
from metering.money import MAX_MICROS
from metering.wallets.codes import code_digest


async def make(books: Books, **changes: object) -> str:
    request = {"expires_at_ms": None, "note": "", "created_by": "op", "now_ms": 1, **changes}
    (code,) = await books.vouchers.create(1000, 1, **request)  # type: ignore[arg-type]
    return code


async def test_a_code_is_taken_however_it_is_typed(books: Books) -> None:
    code = await make(books)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await books.vouchers.redeem("carol", typed, key="k", now_ms=2)).available_micros == 1000


async def test_the_same_request_again_credits_nothing_more(books: Books) -> None:
    code = await make(books)
    for _ in range(2):
        wallet = await books.vouchers.redeem("carol", code, key="k", now_ms=2)
    assert wallet.available_micros == 1000
    with pytest.raises(VoucherSpentError):
        await books.vouchers.redeem("carol", code, key="k2", now_ms=2)
    with pytest.raises(VoucherSpentError):
        await books.vouchers.redeem("dave", code, key="k", now_ms=2)
    assert (await audit(books.partitions)).ok


async def test_a_race_for_one_code_has_one_winner(books: Books) -> None:
    code = await make(books)
    clients = [f"c{at}" for at in range(8)]
    results = await asyncio.gather(
        *(books.vouchers.redeem(client, code, key="k", now_ms=2) for client in clients),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, Exception) for result in results) == 1
    wallets = [await books.wallets.of(client) for client in clients]
    assert sum(wallet.available_micros for wallet in wallets) == 1000


async def test_a_crash_after_the_claim_is_mended_by_the_retry(books: Books) -> None:
    code = await make(books)
    await books.vouchers._claim("carol", code_digest(code), "k", 2)
    assert (await books.wallets.of("carol")).available_micros == 0
    assert (await books.vouchers.redeem("carol", code, key="k", now_ms=3)).available_micros == 1000


async def test_a_crash_after_the_claim_is_mended_by_the_sweep(books: Books) -> None:
    code = await make(books)
    await books.vouchers._claim("carol", code_digest(code), "k", 2)
    assert await books.vouchers.finish(now_ms=3) == 1
    assert await books.vouchers.finish(now_ms=3) == 0
    assert (await books.vouchers.redeem("carol", code, key="k", now_ms=4)).available_micros == 1000


async def test_of_codes_sent_at_once_under_one_key_none_is_spent_for_nothing(books: Books) -> None:
    codes = [await make(books) for _ in range(8)]
    answers = await asyncio.gather(
        *(books.vouchers.redeem("carol", code, key="k", now_ms=2) for code in codes),
        return_exceptions=True,
    )
    refused = [code for code, each in zip(codes, answers, strict=True) if was_refused(each)]
    credited = 1000 * (len(codes) - len(refused))
    assert (await books.wallets.of("carol")).available_micros == credited > 0
    assert await books.vouchers.finish(now_ms=3) == 0
    for code in set(codes) - set(refused):  # again, also under a key that names another of them
        wallet = await books.vouchers.redeem("carol", code, key="k", now_ms=4)
        assert wallet.available_micros == credited
    for at, code in enumerate(refused):
        await books.vouchers.redeem("carol", code, key=f"k{at}", now_ms=5)
    assert (await books.wallets.of("carol")).available_micros == 8000
    assert (await audit(books.partitions)).ok


def was_refused(answer: object) -> bool:
    if isinstance(answer, Exception) and not isinstance(answer, DuplicateKeyError):
        raise answer
    return isinstance(answer, DuplicateKeyError)


async def test_two_claims_under_one_key_are_both_finished_after_a_crash(books: Books) -> None:
    """Also what stores hold of such claims from before: the key is the first one's for good."""
    first, second = [await make(books), await make(books)]
    for code in (first, second):
        await books.vouchers._claim("carol", code_digest(code), "k", 2)
    assert (await books.vouchers.redeem("carol", first, key="k", now_ms=3)).available_micros == 1000
    assert await books.vouchers.finish(now_ms=4) == 1
    assert (await books.wallets.of("carol")).available_micros == 2000
    assert await books.vouchers.finish(now_ms=5) == 0


async def test_another_code_under_a_used_key_is_refused_and_not_spent(books: Books) -> None:
    first, second = await make(books), await make(books)
    await books.vouchers.redeem("carol", first, key="k", now_ms=2)
    with pytest.raises(DuplicateKeyError):
        await books.vouchers.redeem("carol", second, key="k", now_ms=3)
    wallet = await books.vouchers.redeem("carol", second, key="k2", now_ms=4)
    assert wallet.available_micros == 2000


async def test_a_claim_that_cannot_be_credited_does_not_stop_the_others(books: Books) -> None:
    for client in ("carol", "dave", "erin"):
        await books.vouchers._claim(client, code_digest(await make(books)), "k", 2)
    await books.wallets.top_up("dave", MAX_MICROS, key="full", source="operator", now_ms=1)
    with pytest.raises(UnfinishedError) as unfinished:
        await books.vouchers.finish(now_ms=3)
    assert unfinished.value.done == 2
    [failure] = unfinished.value.failures
    assert failure.item.endswith("of dave")
    assert isinstance(failure.error, OutOfRangeError)
    for client in ("carol", "erin"):
        assert (await books.wallets.of(client)).available_micros == 1000
    await books.wallets.withdraw("dave", 1000, key="w", source="operator", note="", now_ms=4)
    assert await books.vouchers.finish(now_ms=5) == 1


async def test_expired_and_unknown_codes_are_refused(books: Books) -> None:
    code = await make(books, expires_at_ms=100)
    with pytest.raises(VoucherExpiredError):
        await books.vouchers.redeem("carol", code, key="k", now_ms=100)
    for wrong in ("", "nonsense", "0000-0000-0000-0000"):
        with pytest.raises(VoucherUnknownError):
            await books.vouchers.redeem("carol", wrong, key="k2", now_ms=2)


async def test_a_key_used_for_another_request_claims_no_voucher(books: Books) -> None:
    code = await make(books)
    await books.wallets.top_up("carol", 5, key="k", source="operator", now_ms=1)
    with pytest.raises(DuplicateKeyError):
        await books.vouchers.redeem("carol", code, key="k", now_ms=2)
    await books.vouchers.redeem("dave", code, key="k", now_ms=2)


async def test_a_voucher_of_several_uses_serves_as_many_clients(books: Books) -> None:
    code = await make(books, uses=2, promo=True)
    assert (await books.vouchers.redeem("carol", code, key="k", now_ms=2)).promo_micros == 1000
    await books.vouchers.redeem("dave", code, key="k", now_ms=2)
    with pytest.raises(VoucherSpentError):
        await books.vouchers.redeem("erin", code, key="k", now_ms=2)


async def test_the_operator_sees_states_but_no_codes(books: Books) -> None:
    spent = await make(books, note="spent")
    await books.vouchers.redeem("carol", spent, key="k", now_ms=2)
    await make(books, note="late", expires_at_ms=50)
    code = await make(books, note="open")
    found = {voucher.note: voucher for voucher in await books.vouchers.all(now_ms=60)}
    states = {note: voucher.state for note, voucher in found.items()}
    assert states == {"spent": "spent", "late": "expired", "open": "open"}
    assert found["spent"].redeemed_by == ("carol",)
    plain = code.replace("-", "").encode()
    for place in await books.partitions.redis.keys("*"):
        assert plain not in await books.partitions.redis.dump(place)


@pytest.mark.parametrize("request_", [{"count": 0}, {"count": 1001}, {"amount": 0}, {"uses": 0}])
async def test_impossible_batches_are_refused(books: Books, request_: dict[str, int]) -> None:
    with pytest.raises(OutOfRangeError):
        await books.vouchers.create(
            request_.get("amount", 5),
            request_.get("count", 1),
            expires_at_ms=None,
            note="",
            created_by="op",
            now_ms=1,
            uses=request_.get("uses", 1),
        )


async def test_a_batch_made_again_from_its_seed_is_the_same_batch(books: Books) -> None:
    seed = bytes(range(32))
    code = await make(books, seed=seed)
    await books.vouchers.redeem("carol", code, key="k", now_ms=2)
    assert await make(books, seed=seed, now_ms=9) == code
    [voucher] = await books.vouchers.all()
    assert (voucher.used, voucher.created_at_ms) == (1, 1)
    with pytest.raises(VoucherSpentError):
        await books.vouchers.redeem("dave", code, key="k", now_ms=10)
    with pytest.raises(DuplicateKeyError):
        await make(books, seed=seed, note="another")
    with pytest.raises(OutOfRangeError):
        await make(books, seed=b"short")
    assert await make(books, seed=bytes(32)) != code
    assert len(await books.vouchers.all()) == 2


async def test_a_thousand_codes_are_made_at_once_and_all_differ(books: Books) -> None:
    request = {"expires_at_ms": None, "note": "", "created_by": "op", "now_ms": 1}
    codes = await books.vouchers.create(1000, 1000, **request)  # type: ignore[arg-type]
    assert len(set(codes)) == len(await books.vouchers.all()) == 1000
    assert set("".join(codes)) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ-")
