"""Typed errors of the metering core: each has a stable `code`, a sentence, the facts behind it.

A command that raises one of these has changed nothing.
"""

from __future__ import annotations

from typing import ClassVar


class MeteringError(Exception):
    """Base of all errors of the books. `facts` holds numbers a caller may want to show."""

    code: ClassVar[str] = "metering_error"
    sentence: ClassVar[str] = "The books refused this."

    def __init__(self, message: str | None = None, **facts: int | str) -> None:
        super().__init__(message or self.sentence)
        self.facts = facts


class OtherBooksError(MeteringError):
    code = "other_books"
    sentence = "This store was made with another currency or number of partitions."


class InsufficientFundsError(MeteringError):
    code = "insufficient_funds"
    sentence = "There is not enough money for this."


class UnknownAccountError(MeteringError):
    code = "unknown_account"
    sentence = "There is no such account."


class StaleEpochError(MeteringError):
    code = "stale_epoch"
    sentence = "Another process has taken this call over."


class DuplicateKeyError(MeteringError):
    code = "duplicate_key"
    sentence = "This key was already used for a different request."


class OutOfRangeError(MeteringError):
    code = "out_of_range"
    sentence = "A number is outside the range the books can hold."


class UnknownCallError(MeteringError):
    code = "unknown_call"
    sentence = "The books know no such call."


class CallEndedError(MeteringError):
    code = "call_ended"
    sentence = "This call has ended."


class AlreadyInCallError(MeteringError):
    code = "already_in_call"
    sentence = "This client is already in a paid call."


class PriceChangedError(MeteringError):
    code = "price_changed"
    sentence = "The price or the free threshold has changed since it was shown."


class WrongStateError(MeteringError):
    code = "wrong_state"
    sentence = "This cannot be done in the present state."


class AboveOriginalError(MeteringError):
    code = "above_original"
    sentence = "This is more than what is left of the original sum."


class UnknownTopUpError(MeteringError):
    code = "unknown_top_up"
    sentence = "The books know no such top-up."


class UnknownPayoutError(MeteringError):
    code = "unknown_payout"
    sentence = "The books know no such payout."


class CurrencyError(MeteringError):
    code = "wrong_currency"
    sentence = "The books are kept in another currency."


class VoucherUnknownError(MeteringError):
    code = "voucher_unknown"
    sentence = "There is no voucher with this code."


class VoucherSpentError(MeteringError):
    code = "voucher_spent"
    sentence = "This voucher has been used already."


class VoucherExpiredError(MeteringError):
    code = "voucher_expired"
    sentence = "This voucher has expired."


_BY_CODE: dict[str, type[MeteringError]] = {
    kind.code: kind
    for kind in (
        InsufficientFundsError,
        UnknownAccountError,
        StaleEpochError,
        DuplicateKeyError,
        OutOfRangeError,
        UnknownCallError,
        CallEndedError,
        AlreadyInCallError,
        PriceChangedError,
        WrongStateError,
        AboveOriginalError,
        UnknownTopUpError,
        UnknownPayoutError,
        CurrencyError,
        VoucherUnknownError,
        VoucherSpentError,
        VoucherExpiredError,
    )
}


def error_of(code: str, facts: dict[str, int | str]) -> MeteringError:
    """The exception for an error code a script answered with."""
    kind = _BY_CODE.get(code)
    if kind is None:
        return MeteringError(f"The books refused this ({code}).", **facts)
    return kind(None, **facts)
