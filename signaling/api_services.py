"""REST: services, to their owners and to anyone."""

from __future__ import annotations

from signaling import directory
from signaling.inputs import ServiceInput
from signaling.presenting import service_view
from signaling.routing import PROVIDER, SIGNED_IN, ApiRequest, Route
from signaling.views import PublicServiceView, QuoteView, ServiceView, View


class ServiceAnswer(View):
    service: ServiceView


class ServicesAnswer(View):
    services: list[ServiceView]


class PublicServiceAnswer(View):
    service: PublicServiceView


class PublicServicesAnswer(View):
    services: list[PublicServiceView]


class QuoteAnswer(View):
    quote: QuoteView


async def own_services(request: ApiRequest) -> ServicesAnswer:
    return ServicesAnswer(services=await directory.own_services(request.ctx, request.user))


async def create_service(request: ApiRequest) -> ServiceAnswer:
    ctx = request.ctx
    draft = request.read(ServiceInput).draft(await ctx.pricing.get(), ctx.settings.currency)
    service = await ctx.services.create(request.user, draft)
    return ServiceAnswer(service=service_view(service, ctx.settings.base_url))


async def own_service(request: ApiRequest) -> ServiceAnswer:
    service = await directory.own_service(request.ctx, request.user, request.path["id"])
    return ServiceAnswer(service=service)


async def update_service(request: ApiRequest) -> ServiceAnswer:
    ctx = request.ctx
    draft = request.read(ServiceInput).draft(await ctx.pricing.get(), ctx.settings.currency)
    service = await ctx.services.update(request.user.id, request.path["id"], draft)
    return ServiceAnswer(service=service_view(service, ctx.settings.base_url))


async def delete_service(request: ApiRequest) -> ServiceAnswer:
    ctx = request.ctx
    service = await ctx.services.delete(request.user.id, request.path["id"])
    return ServiceAnswer(service=service_view(service, ctx.settings.base_url))


async def public_services(request: ApiRequest) -> PublicServicesAnswer:
    query, kind = request.query["query"][:200], request.query["kind"][:100]
    services = await directory.public_services(request.ctx, query, kind)
    return PublicServicesAnswer(services=services)


async def public_service(request: ApiRequest) -> PublicServiceAnswer:
    service = await directory.public_service(request.ctx, request.path["slug"])
    return PublicServiceAnswer(service=service)


async def quote(request: ApiRequest) -> QuoteAnswer:
    found = await directory.quote(request.ctx, request.user, request.path["slug"])
    return QuoteAnswer(quote=found)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/services", own_services, "Own services", ServicesAnswer, roles=PROVIDER),
    Route(
        "POST",
        "/services",
        create_service,
        "Open a service",
        ServiceAnswer,
        ServiceInput,
        roles=PROVIDER,
        status=201,
    ),
    Route("GET", "/services/{id}", own_service, "A service", ServiceAnswer, roles=PROVIDER),
    Route(
        "PUT",
        "/services/{id}",
        update_service,
        "Change a service",
        ServiceAnswer,
        ServiceInput,
        roles=PROVIDER,
    ),
    Route(
        "DELETE",
        "/services/{id}",
        delete_service,
        "Take a service away",
        ServiceAnswer,
        roles=PROVIDER,
    ),
    Route(
        "GET",
        "/public/services",
        public_services,
        "Find services",
        PublicServicesAnswer,
        query={"query": "words to look for", "kind": "only this kind of activity"},
    ),
    Route(
        "GET", "/public/services/{slug}", public_service, "A public service", PublicServiceAnswer
    ),
    Route(
        "GET",
        "/public/services/{slug}/quote",
        quote,
        "What a call would cost now",
        QuoteAnswer,
        roles=SIGNED_IN,
    ),
)
