"""What people can look up: the questions that the API and the pages both ask."""

from __future__ import annotations

import asyncio

from metering.audit import audit as audit_books
from metering.types import OwnerKind
from signaling.accounts import User
from signaling.call import Call, State
from signaling.context import Context
from signaling.errors import ProblemError, not_found
from signaling.presenting import (
    Viewer,
    call_view,
    dispute_view,
    entry_view,
    pricing_view,
    public_service_view,
    quote_view,
    service_tariff,
    service_view,
    user_view,
    voucher_view,
    with_aftermath,
)
from signaling.services import Service, matches
from signaling.settling import report_until_ms
from signaling.starting import terms
from signaling.views import (
    AuditView,
    CallView,
    DisputedCall,
    EarningsView,
    EntryView,
    PricingView,
    PublicServiceView,
    QuoteView,
    ServiceView,
    UserWithBalance,
    VoucherView,
    WalletView,
)

CALLS_PAGE = 50
ENTRIES_MAX = 100
SERVICES_MAX = 200
ON_DUTY_MAX = 500  # providers whose services are sure to be looked at


async def public_service(ctx: Context, slug: str) -> PublicServiceView:
    """What anyone sees of a published service. Raises ProblemError `not_found`."""
    service = await ctx.services.by_slug(slug)
    if service is None or not service.published:
        raise not_found("This service")
    return (await _public(ctx, [service]))[0]


async def service_of_call(ctx: Context, user: User, slug: str) -> PublicServiceView | None:
    """The service this person is in a call of, even when it was taken off the site meanwhile."""
    if not any(call.service.slug == slug for call in await present_calls(ctx, user)):
        return None
    service = await ctx.services.by_slug(slug)
    return (await _public(ctx, [service]))[0] if service else None


async def public_services(ctx: Context, query: str = "", kind: str = "") -> list[PublicServiceView]:
    """Published services that fit a search; those one can call now first, then by title."""
    on_duty = await ctx.presence.on_duty(ON_DUTY_MAX)
    found = [s for s in await ctx.services.published(on_duty) if matches(s, query, kind)]
    order = {"on_duty": 0, "busy": 1, "off_duty": 2}
    duties = await ctx.presence.duties({s.provider_id for s in found}, ctx.clock())
    found.sort(key=lambda s: order[duties[s.provider_id]])
    return await _public(ctx, found[:SERVICES_MAX])


async def kinds(ctx: Context) -> list[str]:
    """The kinds of activity there are published services of, for the directory's filter."""
    by_fold = {s.kind.casefold(): s.kind for s in await ctx.services.published()}
    return [by_fold[fold] for fold in sorted(by_fold)]


async def _public(ctx: Context, services: list[Service]) -> list[PublicServiceView]:
    if not services:
        return []
    pricing, duties = await asyncio.gather(
        ctx.pricing.get(),
        ctx.presence.duties({s.provider_id for s in services}, ctx.clock()),
    )
    return [
        public_service_view(
            service,
            service_tariff(service, pricing, ctx.settings.currency),
            duties[service.provider_id],
            ctx.settings.base_url,
        )
        for service in services
    ]


async def quote(ctx: Context, user: User, slug: str) -> QuoteView:
    """What a call would cost this person now. Raises ProblemError `not_found`."""
    offered = await terms(ctx, user, slug)
    if not offered.service.published:
        raise not_found("This service")
    return quote_view(offered.quote, offered.refusal)


async def own_services(ctx: Context, user: User) -> list[ServiceView]:
    """A provider's services, published or not."""
    services = await ctx.services.of_provider(user.id)
    return [service_view(service, ctx.settings.base_url) for service in services]


async def own_service(ctx: Context, user: User, service_id: str) -> ServiceView:
    """One of them. Raises ProblemError `not_found`."""
    return service_view(await ctx.services.owned(user.id, service_id), ctx.settings.base_url)


async def wallet(ctx: Context, user: User) -> WalletView:
    """A client's money and where it went."""
    money, entries = await asyncio.gather(
        ctx.books.wallets.of(user.id), _entries(ctx, user.id, "client")
    )
    return WalletView(
        currency=money.currency,
        available_micros=money.available_micros,
        held_micros=money.held_micros,
        entries=entries,
    )


async def earnings(ctx: Context, user: User) -> EarningsView:
    """A provider's money and where it came from."""
    money, entries = await asyncio.gather(
        ctx.books.earnings.of(user.id), _entries(ctx, user.id, "provider")
    )
    return EarningsView(
        currency=money.currency,
        earned_micros=money.earned_micros,
        pending_micros=money.pending_micros,
        held_micros=money.held_micros,
        available_micros=money.available_micros,
        requested_micros=money.requested_micros,
        paid_out_micros=money.paid_out_micros,
        dispute_window_s=ctx.books.earnings.dispute_window_s,
        entries=entries,
    )


async def _entries(ctx: Context, user_id: str, kind: OwnerKind) -> list[EntryView]:
    entries = await ctx.books.statements.lines(user_id, kind, ENTRIES_MAX)
    return [entry_view(entry) for entry in entries]


def viewer_of(call: Call, user: User) -> Viewer:
    """As what a person may look at a call. Raises ProblemError `not_found` for strangers."""
    side = call.side_of(user.id)
    if side is not None:
        return side
    if user.role == "operator":
        return "operator"
    raise not_found("This call")


async def call(ctx: Context, user: User, call_id: str) -> CallView:
    """One call, as this person may see it, with its refunds and reported problem.

    Raises ProblemError `not_found`.
    """
    found = await ctx.calls.get(call_id)
    view = call_view(found, viewer_of(found, user), ctx.ticks.meter(call_id))
    if view.receipt is None:
        return view
    [view] = await _with_aftermath(ctx, [view])
    if view.side != "client":
        return view
    until_ms = None if view.dispute else report_until_ms(ctx, found)
    in_time = until_ms is not None and ctx.clock() < until_ms
    return view.model_copy(update={"report_until_ms": until_ms if in_time else None})


async def _with_aftermath(ctx: Context, views: list[CallView]) -> list[CallView]:
    """The calls with their refunds and reported problems. What the books have archived, after more
    than a year, is not looked up."""
    settled = [view.id for view in views if view.receipt]
    refunded, disputes = await asyncio.gather(
        ctx.books.refunds.of_calls(settled), ctx.disputes.of_calls(settled)
    )
    return [
        with_aftermath(view, refunded.get(view.id, 0), disputes.get(view.id))
        if view.receipt
        else view
        for view in views
    ]


async def calls(ctx: Context, user: User, before_ms: int | None = None) -> list[CallView]:
    """A person's calls, newest first, fifty that started before a time."""
    found = await ctx.store.history(user.id, before_ms, CALLS_PAGE)
    views = [call_view(c, viewer_of(c, user), ctx.ticks.meter(c.id)) for c in found]
    return await _with_aftermath(ctx, views)


async def present_calls(ctx: Context, user: User) -> list[CallView]:
    """The call a person is in, if any."""
    call_id = await ctx.store.call_of(user.id)
    found = await ctx.store.get(call_id) if call_id else None
    if found is None or found.over or found.state is State.OPENING:
        return []
    return [call_view(found, viewer_of(found, user), ctx.ticks.meter(found.id))]


async def all_calls(ctx: Context, before_ms: int | None = None) -> list[CallView]:
    """Everybody's calls, for the operator."""
    found = await ctx.store.history(None, before_ms, CALLS_PAGE)
    views = [call_view(c, "operator", ctx.ticks.meter(c.id)) for c in found]
    return await _with_aftermath(ctx, views)


async def pricing(ctx: Context) -> PricingView:
    """The rules for calls that start now."""
    return pricing_view(await ctx.pricing.get())


async def vouchers(ctx: Context) -> list[VoucherView]:
    """All vouchers, newest first."""
    found = await ctx.books.vouchers.all(now_ms=ctx.clock())
    return [voucher_view(voucher) for voucher in found]


async def users(ctx: Context, query: str = "") -> list[UserWithBalance]:
    """Accounts that fit a search, newest first, with their money."""
    found = await ctx.accounts.search(query)
    balances = await asyncio.gather(*(_balance(ctx, user) for user in found))
    return [
        UserWithBalance(**user_view(user).model_dump(), balance_micros=balance)
        for user, balance in zip(found, balances, strict=True)
    ]


async def _balance(ctx: Context, user: User) -> int | None:
    if user.role == "client":
        return (await ctx.books.wallets.of(user.id)).available_micros
    if user.role == "provider":
        return (await ctx.books.earnings.of(user.id)).earned_micros
    return None


async def client(ctx: Context, user_id: str) -> User:
    """Somebody who can be given credit. Raises ProblemError."""
    user = await ctx.accounts.get(user_id)
    if user is None:
        raise not_found("This user")
    if user.role != "client":
        raise ProblemError("forbidden", "Only clients have a wallet.")
    return user


async def person(ctx: Context, user_id: str) -> User:
    """Anybody with an account. Raises ProblemError `not_found`."""
    user = await ctx.accounts.get(user_id)
    if user is None:
        raise not_found("This user")
    return user


async def disputed_calls(ctx: Context, *, decided: bool = False) -> list[DisputedCall]:
    """Reports and the calls they are about: open ones, or decided ones."""
    disputes = await ctx.disputes.listed(decided=decided)
    found = {call.id: call for call in await ctx.store.get_many([d.call for d in disputes])}
    return [
        DisputedCall(
            call=call_view(found[dispute.call], "operator"),
            dispute=dispute_view(dispute, "operator"),
        )
        for dispute in disputes
        if dispute.call in found
    ]


async def audit(ctx: Context) -> AuditView:
    """Whether the books are in order, checked now."""
    report = await audit_books(ctx.books.partitions)
    return AuditView(ok=report.ok, problems=list(report.problems), checked=dict(report.checked))
