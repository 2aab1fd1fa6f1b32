"""The start of a call, in the order it is written.

1. the record, `opening`, which claims both people; 2. the books hold the money; 3. `ringing`.
A process that dies after 1 or 2 leaves a record whose deadline ends the call and its hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from metering.books import Books
from metering.errors import MeteringError
from signaling.calls.events import Opened
from signaling.calls.record import Call, State
from signaling.calls.state import first_state
from signaling.calls.store import CallStore
from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError
from signaling.kernel.store.limits import Limit, RateLimiter
from signaling.presence.store import Presence
from signaling.relays.registry import RelayRegistry
from signaling.ringing.admission import insufficient_funds
from signaling.ringing.terms import Offers, Terms

RINGS_BY_PERSON = Limit("rings", 30, 600)  # a caller is not to be a nuisance


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What a client asks for when they press Call."""

    slug: str
    tariff_hash: str
    consent: bool
    audio: bool = True
    video: bool = True
    spending_cap_micros: int | None = None


@dataclass(frozen=True, kw_only=True)
class Start:
    """Starts calls."""

    offers: Offers
    relays: RelayRegistry
    store: CallStore
    calls: Calls
    books: Books
    presence: Presence
    limiter: RateLimiter
    clock: Clock

    async def ring(self, user: User, request: CallRequest) -> Call:
        """Ring. Raises ProblemError with the code and the sentence of what stands in the way."""
        if not request.consent:
            raise ProblemError("consent_required", "Agree to the price before you call.")
        offered = await self.offers.terms(user, request.slug)
        if offered.refusal is not None:
            raise offered.refusal
        if request.tariff_hash != offered.quote.tariff.hash:
            raise _price_changed()
        now_ms = self.clock()
        if await self.relays.pick(now_ms) is None:
            raise ProblemError("relay_unavailable", "No media server is free. Try again soon.")
        call = self._record(user, request, offered, now_ms)
        await self.limiter.take(RINGS_BY_PERSON, user.id)
        taken = await self.store.create(call)
        if taken == "client":
            raise ProblemError("already_in_call", "You are in a call already. Hang up there first.")
        if taken == "provider":
            raise ProblemError("busy", f"{call.provider_name} is in another call.")
        call = await self._open(user, call, offered, now_ms)
        if call.state is State.OPENING or call.over:
            # It took so long that the deadline ended it, perhaps before the money was held.
            await self.books.calls.end(call.id, str(call.reason), now_ms=self.clock())
            raise ProblemError("unavailable", "The call could not be started in time. Try again.")
        return call

    def _record(self, user: User, request: CallRequest, offered: Terms, now_ms: int) -> Call:
        service = offered.service
        return first_state(
            Call(
                id=self.books.calls.new_id(user.id),
                client_id=user.id,
                client_name=user.name,
                provider_id=service.provider_id,
                provider_name=service.provider_name,
                service_id=service.id,
                service_slug=service.slug,
                service_title=service.title,
                tariff=offered.quote.tariff.pack(),
                limits=offered.pricing.limits,
                created_at_ms=now_ms,
                audio=request.audio,
                video=request.video,
                spending_cap_micros=request.spending_cap_micros,
            )
        )

    async def _open(self, user: User, call: Call, offered: Terms, now_ms: int) -> Call:
        """Hold the money in the books, then ring."""
        try:
            opened = await self.books.calls.open(
                call.id,
                client_id=user.id,
                provider_id=call.provider_id,
                service_id=call.service_id,
                tariff=offered.quote.tariff,
                now_ms=now_ms,
                probe_limit_per_day=offered.pricing.probe_limit_per_day,
                spending_cap_micros=call.spending_cap_micros,
            )
        except MeteringError as error:
            await self.store.discard(call)
            await self.presence.announce(call.provider_id)  # who looked meanwhile saw them busy
            raise await self._problem_of(user, call.service_slug, error) from error
        return await self.calls.apply(call.id, Opened(opened.affordable_s))

    async def _problem_of(self, user: User, slug: str, error: MeteringError) -> ProblemError:
        """What the books refused, in words: the world changed since the quote."""
        if error.code == "insufficient_funds":
            quote = (await self.offers.terms(user, slug)).quote
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
