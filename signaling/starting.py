"""The start of a call: what it would cost, whether it may ring, and the order it is written in.

1. the record, `opening`, which claims both people; 2. the books hold the money; 3. `ringing`.
A process that dies after 1 or 2 leaves a record whose deadline ends the call and its hold.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from metering.errors import MeteringError
from metering.types import Quote
from signaling.accounts import User
from signaling.admission import insufficient_funds, refusal
from signaling.call import Call, State
from signaling.call_events import Opened
from signaling.call_state import first_state
from signaling.context import Context
from signaling.errors import ProblemError, not_found
from signaling.presenting import service_tariff
from signaling.pricing import Pricing
from signaling.rate_limit import RINGS_BY_PERSON
from signaling.services import Service


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call of this person to this service would be like now."""

    service: Service
    pricing: Pricing
    quote: Quote
    refusal: ProblemError | None


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What a client asks for when they press Call."""

    slug: str
    tariff_hash: str
    consent: bool
    audio: bool = True
    video: bool = True
    spending_cap_micros: int | None = None


async def terms(ctx: Context, user: User, slug: str) -> Terms:
    """Price, money and what stands in the way. Raises ProblemError `not_found`."""
    service = await ctx.services.by_slug(slug)
    if service is None:
        raise not_found("This service")
    now_ms = ctx.clock()
    pricing, duty, in_call, blocked = await asyncio.gather(
        ctx.pricing.get(),
        ctx.presence.duty(service.provider_id, now_ms),
        ctx.store.call_of(user.id),
        ctx.blocks.is_blocked(service.provider_id, user.id),
    )
    quote = await ctx.books.calls.quote(
        user.id,
        service.id,
        service_tariff(service, pricing, ctx.settings.currency),
        now_ms=now_ms,
        probe_limit_per_day=pricing.probe_limit_per_day,
    )
    problem = refusal(user, service, duty, quote, in_call=in_call is not None, blocked=blocked)
    return Terms(service, pricing, quote, problem)


async def start_call(ctx: Context, user: User, request: CallRequest) -> Call:
    """Ring. Raises ProblemError with the code and the sentence of whatever stands in the way."""
    if not request.consent:
        raise ProblemError("consent_required", "Agree to the price before you call.")
    offered = await terms(ctx, user, request.slug)
    if offered.refusal is not None:
        raise offered.refusal
    quote, service = offered.quote, offered.service
    if request.tariff_hash != quote.tariff.hash:
        raise _price_changed()
    now_ms = ctx.clock()
    if await ctx.relays.pick(now_ms) is None:
        raise ProblemError("relay_unavailable", "No media server is free. Try again soon.")
    call = first_state(
        Call(
            id=ctx.books.calls.new_id(user.id),
            client_id=user.id,
            client_name=user.name,
            provider_id=service.provider_id,
            provider_name=service.provider_name,
            service_id=service.id,
            service_slug=service.slug,
            service_title=service.title,
            tariff=quote.tariff.pack(),
            limits=offered.pricing.limits,
            created_at_ms=now_ms,
            audio=request.audio,
            video=request.video,
            spending_cap_micros=request.spending_cap_micros,
        )
    )
    await ctx.limiter.take(RINGS_BY_PERSON, user.id)
    taken = await ctx.store.create(call)
    if taken == "client":
        raise ProblemError("already_in_call", "You are in a call already. Hang up there first.")
    if taken == "provider":
        raise ProblemError("busy", f"{service.provider_name} is in another call.")
    try:
        opened = await ctx.books.calls.open(
            call.id,
            client_id=user.id,
            provider_id=service.provider_id,
            service_id=service.id,
            tariff=quote.tariff,
            now_ms=now_ms,
            probe_limit_per_day=offered.pricing.probe_limit_per_day,
            spending_cap_micros=request.spending_cap_micros,
        )
    except MeteringError as error:
        await ctx.store.discard(call)
        await ctx.presence.announce(service.provider_id)  # who looked meanwhile saw them busy
        raise await _problem_of(ctx, user, request.slug, error) from error
    call = await ctx.calls.apply(call.id, Opened(opened.affordable_s))
    if call.state is State.OPENING or call.over:
        # It took so long that the deadline ended it, perhaps before the money was held.
        await ctx.books.calls.end(call.id, str(call.reason), now_ms=ctx.clock())
        raise ProblemError("unavailable", "The call could not be started in time. Try again.")
    return call


async def _problem_of(ctx: Context, user: User, slug: str, error: MeteringError) -> ProblemError:
    """What the books refused, in words: the world changed since the quote."""
    if error.code == "insufficient_funds":
        quote = (await terms(ctx, user, slug)).quote
        return insufficient_funds(quote) or ProblemError(error.code, str(error))
    if error.code == "price_changed":
        return _price_changed()
    if error.code == "already_in_call":
        return ProblemError(error.code, "Your last call is still being closed. Try again soon.")
    if error.code == "out_of_range":
        return ProblemError("invalid", str(error), fields={"spending_cap": str(error)})
    return ProblemError(error.code, str(error))


def _price_changed() -> ProblemError:
    return ProblemError(
        "price_changed", "The price has changed since you saw it. Look at it again, then call."
    )
