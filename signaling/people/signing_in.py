"""Signing in with a password, bounded so that guessing is slow while the owner is always let in."""

from __future__ import annotations

import hashlib

import redis.asyncio

from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError
from signaling.kernel.store.limits import Limit, RateLimiter
from signaling.people.accounts import Accounts, email_key
from signaling.people.hash_queue import Lane

# Of one account from one address, so that a stranger elsewhere does not lock the owner out.
SIGN_INS_BY_PAIR = Limit("sign-in", 10, 900)
# The next two are not for addresses that the account's owner has signed in from.
SIGN_INS_BY_ACCOUNT = Limit("sign-in-account", 200, 900)  # guessing from many addresses
SIGN_INS_BY_ADDRESS = Limit("sign-in-address", 1000, 900)  # an office may share one address
REMEMBERED_S = 90 * 86_400


class SigningIn:
    """Attempts are counted before they are hashed, by account and address together.

    An address its owner has signed in from stays trusted for an account for 90 days: what others do
    elsewhere, or with other accounts from the same address, neither locks the owner out there nor
    makes them wait.
    """

    def __init__(
        self, redis_client: redis.asyncio.Redis, accounts: Accounts, limiter: RateLimiter
    ) -> None:
        self._redis = redis_client
        self._accounts = accounts
        self._limiter = limiter

    async def sign_in(self, email: str, password: str, address: str) -> User:
        """Who this is. Raises ProblemError `wrong_credentials`, `too_many_requests` (a limit is
        reached) or `unavailable` (too many at this moment)."""
        account, pair = email_key(email), _pair(email, address)
        trusted = bool(await self._redis.exists(_key(pair)))
        limits = [(SIGN_INS_BY_PAIR, pair)]
        if not trusted:
            limits += [(SIGN_INS_BY_ADDRESS, address), (SIGN_INS_BY_ACCOUNT, account)]
        taken: list[tuple[Limit, str]] = []
        try:
            for limit, who in limits:
                await self._limiter.take(limit, who)
                taken.append((limit, who))
            user = await self._accounts.authenticate(email, password, Lane(address, trusted))
        except ProblemError:
            for limit, who in taken:  # no password was looked at
                await self._limiter.give_back(limit, who)
            raise
        if user is None:
            raise ProblemError("wrong_credentials", "The email or the password is wrong.")
        await self._limiter.forgive(SIGN_INS_BY_PAIR, pair)
        for limit, who in taken[1:]:
            await self._limiter.give_back(limit, who)
        await self.remember(email, address)
        return user

    async def remember(self, email: str, address: str) -> None:
        """The account's owner is at this address."""
        await self._redis.set(_key(_pair(email, address)), 1, ex=REMEMBERED_S)


def _pair(email: str, address: str) -> str:
    return hashlib.sha256(f"{email_key(email)}\0{address}".encode()).hexdigest()


def _key(pair: str) -> str:
    """Whether an account's owner has signed in from an address, by the digest of both."""
    return f"tipmeet:from:{pair}"
