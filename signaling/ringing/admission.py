"""Who may ring whom: the rules of a call's start, in the order a person would want to hear them."""

from __future__ import annotations

from metering.calls.calls import Quote
from metering.money import format_amount
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError
from signaling.presence.store import Duty
from signaling.services.store import Service


def refusal(
    user: User, service: Service, duty: Duty, quote: Quote, *, in_call: bool, blocked: bool
) -> ProblemError | None:
    """Why this person cannot call this service now; None when they can."""
    if user.id == service.provider_id:
        return ProblemError("own_service", "This is your own service; you cannot call yourself.")
    if user.role not in ("client", "guest"):
        return ProblemError("forbidden", "Only clients can call. Sign in with a client account.")
    if not service.published:
        return ProblemError("not_published", "This service is not published.")
    if user.role == "guest" and quote.tariff.price_micros > 0:
        return ProblemError(
            "not_signed_in", "Guests can make free calls only. Sign in to call this service."
        )
    if blocked:
        return ProblemError("blocked", f"{service.provider_name} does not take calls from you.")
    if in_call:
        return ProblemError("already_in_call", "You are in a call already. Hang up there first.")
    if duty == "off_duty":
        return ProblemError("off_duty", f"{service.provider_name} is not on duty now.")
    if duty == "busy":
        return ProblemError("busy", f"{service.provider_name} is in another call.")
    return insufficient_funds(quote)


def insufficient_funds(quote: Quote) -> ProblemError | None:
    """Whether the money for the first minutes is missing, with the figures."""
    if quote.available_micros >= quote.needed_micros:
        return None
    currency = quote.tariff.currency
    return ProblemError(
        "insufficient_funds",
        f"You need {format_amount(quote.needed_micros)} {currency} to start this call "
        f"and have {format_amount(quote.available_micros)} {currency}.",
    )
