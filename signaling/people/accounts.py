"""Accounts with a password, guests with a name."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgpack
import redis.asyncio
from email_validator import EmailNotValidError, validate_email

from signaling.kernel.http.identity import Role, User
from signaling.kernel.problems import ProblemError, invalid, not_found
from signaling.kernel.store.replies import maybe_raw, maybe_text, raw, texts
from signaling.people.hash_queue import Lane
from signaling.people.passwords import Passwords

NAME_MAX = 80
EMAIL_MAX = 254
PASSWORD_MIN = 8
PASSWORD_MAX = 200  # a longer one only costs the server time
GUEST_TTL_S = 30 * 86_400
USERS = "{dir}:users"  # sorted set: account by its creation (ms)
EMAILS = "{dir}:emails"  # hash: normalised address → user id

COMMAND_LINE = Lane("")
SEARCH_DEPTH = 5_000  # newest accounts a search looks through

# KEYS: emails, user, users; ARGV: email, id, record, created
_CREATE = """
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2])
return 1
"""


class Accounts:
    """Accounts in Redis."""

    def __init__(
        self, redis_client: redis.asyncio.Redis, passwords: Passwords, clock: Callable[[], int]
    ) -> None:
        self._redis = redis_client
        self._passwords = passwords
        self._clock = clock
        self._create = redis_client.register_script(_CREATE)

    async def create_user(
        self, email: str, password: str, name: str, role: Role, lane: Lane = COMMAND_LINE
    ) -> User:
        """A new account; operators too, so callers on the web must not pass that role on.

        `lane`: where the request comes from. Raises ProblemError `invalid` (with the field),
        `email_taken` or `unavailable`.
        """
        email = normalise_email(email)
        name = clean_name(name)
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise invalid(
                "password", f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters."
            )
        if await self._id_of(email):
            raise _taken()
        user = User(secrets.token_hex(8), name, email, role, self._clock())
        hashed = await self._passwords.hash(password, lane)
        created = await self._create(
            keys=[EMAILS, user_key(user.id), USERS],
            args=[email, user.id, _pack(user, hashed), user.created_at_ms],
        )
        if not created:
            raise _taken()
        return user

    async def create_guest(self, name: str) -> User:
        """Somebody with just a name, forgotten after a month."""
        user = User(f"g{secrets.token_hex(8)}", clean_name(name), None, "guest", self._clock())
        await self._redis.set(user_key(user.id), _pack(user, None), ex=GUEST_TTL_S)
        return user

    async def authenticate(self, email: str, password: str, lane: Lane) -> User | None:
        """The user with this email and password; every failure takes the same time.

        Raises ProblemError `unavailable` when too many wait in the lane.
        """
        user_id = await self._id_of(email)
        record = await self._record(user_id) if user_id else None
        user, hashed = _unpack(record) if record else (None, None)
        fits = await self._passwords.verify(hashed, password[: PASSWORD_MAX + 1], lane)
        return user if fits else None

    async def get(self, user_id: str) -> User | None:
        """One person."""
        record = await self._record(user_id)
        return _unpack(record)[0] if record else None

    async def person(self, user_id: str) -> User:
        """Anybody with an account. Raises ProblemError `not_found`."""
        user = await self.get(user_id)
        if user is None:
            raise not_found("This user")
        return user

    async def client(self, user_id: str) -> User:
        """Somebody who can be given credit. Raises ProblemError `not_found`, `forbidden`."""
        user = await self.person(user_id)
        if user.role != "client":
            raise ProblemError("forbidden", "Only clients have a wallet.")
        return user

    async def search(self, query: str, limit: int = 100) -> list[User]:
        """Newest accounts first whose name or email contains the query."""
        ids = await self._redis.zrange(USERS, 0, SEARCH_DEPTH - 1, desc=True)
        if not ids:
            return []
        records = await self._redis.mget([user_key(user_id) for user_id in texts(ids)])
        users = [_unpack(raw(record))[0] for record in records if record]
        needle = query.strip().casefold()
        found = [u for u in users if needle in u.name.casefold() or needle in (u.email or "")]
        return found[:limit]

    async def _id_of(self, email: str) -> str | None:
        return maybe_text(await self._redis.hget(EMAILS, email_key(email)))

    async def _record(self, user_id: str) -> bytes | None:
        return maybe_raw(await self._redis.get(user_key(user_id)))


def user_key(user_id: str) -> str:
    """An account's record."""
    return f"{{dir}}:user:{user_id}"


def _taken() -> ProblemError:
    sentence = "There is an account with this email already. Sign in instead."
    return ProblemError("email_taken", sentence, fields={"email": sentence})


def normalise_email(email: str) -> str:
    """The form an address is compared in: one for all its spellings. Raises ProblemError `invalid`.

    Nothing is looked up: whether an address exists only a letter can tell. Names that are good
    inside one's own network only (.local, .test) may be those of a site's people.
    """
    try:
        found = validate_email(
            email.strip(), strict=True, check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise invalid("email", str(error)) from error
    normalised = found.normalized.casefold()
    if "." not in found.domain or len(normalised) > EMAIL_MAX:
        raise invalid("email", "This does not look like an email address.")
    return normalised


def email_key(email: str) -> str:
    """The same for what somebody typed to sign in; what is no address is nobody's."""
    try:
        return normalise_email(email)
    except ProblemError:
        return email.strip().casefold()[:EMAIL_MAX]


def clean_name(name: str) -> str:
    """A name on one line. Raises ProblemError `invalid`."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise invalid("name", f"A name has 1 to {NAME_MAX} characters.")
    return name


def _pack(user: User, hashed: str | None) -> bytes:
    row = [user.id, user.name, user.email, user.role, user.created_at_ms, hashed]
    return bytes(msgpack.packb(row))


def _unpack(record: bytes) -> tuple[User, str | None]:
    *fields, hashed = msgpack.unpackb(record)
    return User(*fields), hashed
