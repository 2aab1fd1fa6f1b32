"""Services over REST, to their owners or to anyone."""

from __future__ import annotations

from dataclasses import dataclass

from signaling.kernel.http.identity import PROVIDER, User
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.room import Room
from signaling.pricing.store import PricingStore
from signaling.services.catalogue import Catalogue
from signaling.services.inputs import ServiceInput
from signaling.services.store import Service, ServiceDraft, Services
from signaling.services.views import PublicServiceView, ServiceView, service_view


class ServiceAnswer(View):
    service: ServiceView


class ServicesAnswer(View):
    services: list[ServiceView]


class PublicServiceAnswer(View):
    service: PublicServiceView


class PublicServicesAnswer(View):
    services: list[PublicServiceView]


@dataclass(frozen=True, kw_only=True)
class ServicesApi:
    """The handlers."""

    services: Services
    catalogue: Catalogue
    pricing: PricingStore
    currency: str
    base_url: str

    async def of(self, provider: User) -> list[ServiceView]:
        """A provider's services, published or not."""
        found = await self.services.of_provider(provider.id)
        return [service_view(service, self.base_url) for service in found]

    async def one_of(self, provider: User, service_id: str) -> ServiceView:
        """One of them. Raises ProblemError `not_found`."""
        return service_view(await self.services.owned(provider.id, service_id), self.base_url)

    async def own_services(self, request: ApiRequest) -> ServicesAnswer:
        return ServicesAnswer(services=await self.of(request.user))

    async def create_service(self, request: ApiRequest) -> ServiceAnswer:
        return self._answer(await self.services.create(request.user, await self._draft(request)))

    async def own_service(self, request: ApiRequest) -> ServiceAnswer:
        return ServiceAnswer(service=await self.one_of(request.user, request.path["id"]))

    async def update_service(self, request: ApiRequest) -> ServiceAnswer:
        draft = await self._draft(request)
        service = await self.services.update(request.user.id, request.path["id"], draft)
        return self._answer(service)

    async def delete_service(self, request: ApiRequest) -> ServiceAnswer:
        return self._answer(await self.services.delete(request.user.id, request.path["id"]))

    async def public_services(self, request: ApiRequest) -> PublicServicesAnswer:
        query, kind = request.query["query"][:200], request.query["kind"][:100]
        return PublicServicesAnswer(services=await self.catalogue.search(query, kind))

    async def public_service(self, request: ApiRequest) -> PublicServiceAnswer:
        return PublicServiceAnswer(service=await self.catalogue.service(request.path["slug"]))

    async def _draft(self, request: ApiRequest) -> ServiceDraft:
        return request.read(ServiceInput).draft(await self.pricing.get(), self.currency)

    def _answer(self, service: Service) -> ServiceAnswer:
        return ServiceAnswer(service=service_view(service, self.base_url))

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/services",
                    self.own_services,
                    "Own services",
                    ServicesAnswer,
                    roles=PROVIDER,
                ),
                Route(
                    "POST",
                    "/services",
                    self.create_service,
                    "Open a service",
                    ServiceAnswer,
                    ServiceInput,
                    roles=PROVIDER,
                    status=201,
                ),
                Route(
                    "GET",
                    "/services/{id}",
                    self.own_service,
                    "A service",
                    ServiceAnswer,
                    roles=PROVIDER,
                ),
                Route(
                    "PUT",
                    "/services/{id}",
                    self.update_service,
                    "Change a service",
                    ServiceAnswer,
                    ServiceInput,
                    roles=PROVIDER,
                ),
                Route(
                    "DELETE",
                    "/services/{id}",
                    self.delete_service,
                    "Take a service away",
                    ServiceAnswer,
                    roles=PROVIDER,
                ),
                Route(
                    "GET",
                    "/public/services",
                    self.public_services,
                    "Find services",
                    PublicServicesAnswer,
                    query={"query": "words to look for", "kind": "only this kind of activity"},
                ),
                Route(
                    "GET",
                    "/public/services/{slug}",
                    self.public_service,
                    "A public service",
                    PublicServiceAnswer,
                ),
            )
        )
