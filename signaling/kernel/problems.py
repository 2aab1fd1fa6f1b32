"""The one error type of this package: something a caller asked for is refused, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

# Every code there is, with what it means in HTTP; a WebSocket answer carries the code alone.
STATUS_OF_CODE: Mapping[str, int] = {
    "bad_request": 400,
    "unknown_type": 400,
    "consent_required": 400,
    "too_many": 400,
    "bad_offer": 400,
    "nothing_in_common": 400,
    "metering_error": 400,
    "bad_amount": 400,
    "unfinished": 400,
    "other_books": 400,
    "wrong_currency": 400,
    "unknown_account": 400,
    "stale_epoch": 400,
    "call_ended": 400,
    "not_signed_in": 401,
    "wrong_credentials": 401,
    "forbidden": 403,
    "foreign_origin": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_published": 404,
    "email_taken": 409,
    "duplicate_key": 409,
    "wrong_state": 409,
    "conflict": 409,
    "voucher_unknown": 404,
    "voucher_spent": 409,
    "voucher_expired": 409,
    "unknown_call": 404,
    "unknown_payout": 404,
    "unknown_top_up": 404,
    "above_original": 409,
    "too_late": 409,
    "out_of_range": 422,
    "off_duty": 409,
    "busy": 409,
    "own_service": 409,
    "blocked": 403,
    "already_in_call": 409,
    "price_changed": 409,
    "insufficient_funds": 402,
    "too_slow": 408,
    "too_large": 413,
    "unsupported_media_type": 415,
    "invalid": 422,
    "too_many_requests": 429,
    "internal": 500,
    "relay_unavailable": 503,
    "unavailable": 503,
    "card_unavailable": 503,
    "bad_signature": 400,
    "refund_refused": 409,
}


class ProblemError(Exception):
    """A request that is refused.

    `code` is stable and machine readable, `detail` a sentence for a person, `fields` names what is
    wrong with each field of a form, `facts` go into the answer beside them (RFC 9457, 3.2).
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        fields: Mapping[str, str] | None = None,
        facts: Mapping[str, object] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.fields = dict(fields) if fields else None
        self.facts = dict(facts or {})
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """The HTTP status of this code; 400 for one of a relay's that is newer than this table."""
        return STATUS_OF_CODE.get(self.code, 400)


def store_away() -> ProblemError:
    """The store did not answer, or none of the connections to it became free in time."""
    return ProblemError(
        "unavailable",
        "The site is too busy just now, or its store is away. Try again in a few seconds.",
        retry_after_s=5,
    )


def not_found(what: str) -> ProblemError:
    """`what` starts a sentence: "This call"."""
    return ProblemError("not_found", f"{what} does not exist.")


def invalid(field: str, sentence: str) -> ProblemError:
    """One field of a form is wrong."""
    return ProblemError("invalid", sentence, fields={field: sentence})
