"""Records of personal services: what a provider offers, under which address, at what price."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import msgpack
import redis.asyncio

from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError, not_found
from signaling.kernel.store.replies import maybe_raw, raw, text, texts
from signaling.services.hours import Hours
from signaling.services.slugs import slug_of

SERVICES = "{dir}:services"  # hash: id → record
SLUGS = "{dir}:slugs"  # hash: slug → service id
PUBLISHED = "{dir}:published"  # set: ids of services anyone may see

PER_PROVIDER_MAX = 50
SLUG_TRIES = 20  # "chess", "chess-2" …, then a random ending
LIST_MAX = 500  # services read for one look at the catalogue, beside those on duty
FIRST_MAX = 2_000  # of those

# KEYS: services, slugs, published, services of the provider
# ARGV: id, record, slug, published, created, most services
_CREATE = """
if redis.call('ZCARD', KEYS[4]) >= tonumber(ARGV[6]) then return 'full' end
if redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[1]) == 0 then return 'taken' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
if ARGV[4] == '1' then redis.call('SADD', KEYS[3], ARGV[1]) end
return 'ok'
"""

# KEYS: services, published; ARGV: id, record before, record after, published
_REPLACE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] == '1' then redis.call('SADD', KEYS[2], ARGV[1])
else redis.call('SREM', KEYS[2], ARGV[1]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class ServiceDraft:
    """What a provider writes of a service, already validated."""

    title: str
    kind: str
    description: str
    qualifications: str
    languages: tuple[str, ...]
    time_zone: str
    hours: Hours
    price_micros: int
    period: Literal["minute", "hour"]
    published: bool


@dataclass(frozen=True, slots=True)
class Service(ServiceDraft):
    """A service with its place in the catalogue. Its slug outlives changes of the title."""

    id: str
    slug: str
    provider_id: str
    provider_name: str
    price_version: int
    created_at_ms: int


class Services:
    """Services in Redis."""

    def __init__(self, redis_client: redis.asyncio.Redis, clock: Clock) -> None:
        self._redis = redis_client
        self._clock = clock
        self._create = redis_client.register_script(_CREATE)
        self._replace = redis_client.register_script(_REPLACE)

    async def create(self, provider: User, draft: ServiceDraft) -> Service:
        """A new service with a slug of its own. Raises ProblemError `too_many`."""
        stem = slug_of(draft.title)
        for attempt in range(1, SLUG_TRIES + 2):
            slug = stem if attempt == 1 else f"{stem}-{attempt}"
            if attempt > SLUG_TRIES:
                slug = f"{stem}-{secrets.token_hex(4)}"
            service = Service(
                **_fields(draft),
                id=secrets.token_hex(8),
                slug=slug,
                provider_id=provider.id,
                provider_name=provider.name,
                price_version=1,
                created_at_ms=self._clock(),
            )
            answer = await self._create(
                keys=[
                    SERVICES,
                    SLUGS,
                    PUBLISHED,
                    services_of(provider.id),
                ],
                args=[
                    service.id,
                    _pack(service),
                    slug,
                    int(service.published),
                    service.created_at_ms,
                    PER_PROVIDER_MAX,
                ],
            )
            if answer == b"ok":
                return service
            if answer == b"full":
                raise ProblemError(
                    "too_many", f"One provider can have {PER_PROVIDER_MAX} services at most."
                )
        raise ProblemError("unavailable", "No free address was found for this title. Try again.")

    async def update(self, provider_id: str, service_id: str, draft: ServiceDraft) -> Service:
        """The provider's service with new contents. Raises ProblemError `not_found`."""
        while True:
            before, record = await self._owned(provider_id, service_id)
            price = (draft.price_micros, draft.period)
            repriced = price != (before.price_micros, before.period)
            after = replace(
                before, **_fields(draft), price_version=before.price_version + int(repriced)
            )
            published = int(after.published)
            if await self._replace(
                keys=[SERVICES, PUBLISHED],
                args=[service_id, record, _pack(after), published],
            ):
                return after

    async def delete(self, provider_id: str, service_id: str) -> Service:
        """Take a service away; its slug becomes free. Raises ProblemError `not_found`."""
        service, _ = await self._owned(provider_id, service_id)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hdel(SERVICES, service_id)
            pipeline.hdel(SLUGS, service.slug)
            pipeline.srem(PUBLISHED, service_id)
            pipeline.zrem(services_of(provider_id), service_id)
            await pipeline.execute()
        return service

    async def owned(self, provider_id: str, service_id: str) -> Service:
        """A service of this provider. Raises ProblemError `not_found`, for others' ones too."""
        return (await self._owned(provider_id, service_id))[0]

    async def of_provider(self, provider_id: str) -> list[Service]:
        """A provider's services, oldest first."""
        ids = await self._redis.zrange(services_of(provider_id), 0, -1)
        return await self._get_many(texts(ids))

    async def by_slug(self, slug: str) -> Service | None:
        """The service at an address, published or not."""
        service_id = await self._redis.hget(SLUGS, slug)
        record = await self._record(text(service_id)) if service_id else None
        return _unpack(record) if record else None

    async def published(self, first: Collection[str] = ()) -> list[Service]:
        """What anyone may see, by title: of the providers named `first`, then some 500 more."""
        ids = set(await self._published_of(first))
        cursor, some = 0, 0
        while some < LIST_MAX:
            cursor, page = await self._redis.sscan(PUBLISHED, cursor, count=LIST_MAX)
            ids.update(texts(page))
            some += len(page)
            if cursor == 0:
                break
        services = await self._get_many(sorted(ids))
        return sorted(services, key=lambda s: (s.title.casefold(), s.id))

    async def _published_of(self, provider_ids: Collection[str]) -> list[str]:
        if not provider_ids:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for provider_id in provider_ids:
            pipeline.zrange(services_of(provider_id), 0, -1)
        ids = [service_id for page in await pipeline.execute() for service_id in texts(page)]
        if not ids:
            return []
        shown = await self._redis.smismember(PUBLISHED, ids)
        public = [service_id for service_id, on in zip(ids, shown, strict=True) if on]
        return public[:FIRST_MAX]

    async def _get_many(self, ids: list[str]) -> list[Service]:
        if not ids:
            return []
        records = await self._redis.hmget(SERVICES, ids)
        return [_unpack(raw(record)) for record in records if record]

    async def _owned(self, provider_id: str, service_id: str) -> tuple[Service, bytes]:
        record = await self._record(service_id)
        service = _unpack(record) if record else None
        if record is None or service is None or service.provider_id != provider_id:
            raise not_found("This service")
        return service, record

    async def _record(self, service_id: str) -> bytes | None:
        return maybe_raw(await self._redis.hget(SERVICES, service_id))


def services_of(provider_id: str) -> str:
    """Sorted set: a provider's services by their creation (ms)."""
    return f"{{dir}}:services:{provider_id}"


def _fields(draft: ServiceDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in ServiceDraft.__dataclass_fields__}


def _pack(service: Service) -> bytes:
    return bytes(msgpack.packb(asdict(service)))


def _unpack(record: bytes) -> Service:
    fields = msgpack.unpackb(record)
    fields["languages"] = tuple(fields["languages"])
    fields["hours"] = {
        day: [(start, stop) for start, stop in stretches]
        for day, stretches in fields["hours"].items()
    }
    return Service(**fields)
