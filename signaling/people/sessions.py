"""Signed-in browsers: random tokens, of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets

import msgpack
import redis.asyncio

from signaling.kernel.store.replies import maybe_text

SIGNED_OUT_CHANNEL = "tipmeet:signed-out"
_TOKEN_BYTES = 32
_TOKEN_MAX = 64  # a longer cookie was not made here


class Sessions:
    """Sessions in Redis; using one prolongs it."""

    def __init__(self, redis_client: redis.asyncio.Redis, ttl_s: int) -> None:
        self._redis = redis_client
        self._ttl_s = ttl_s

    async def create(self, user_id: str) -> str:
        """A fresh token for the cookie."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        await self._redis.set(_key(token), user_id, ex=self._ttl_s)
        return token

    async def user_id(self, token: str | None) -> str | None:
        """Whose token this is; None for none, an unknown or an old one."""
        if not token or len(token) > _TOKEN_MAX:
            return None
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.get(_key(token))
        pipeline.ttl(_key(token))
        found, left_s = await pipeline.execute()
        # Prolonged once in its half life, not on every request: each would be a write to the log.
        if found is not None and left_s < self._ttl_s // 2:
            await self._redis.expire(_key(token), self._ttl_s)
        return maybe_text(found)

    async def delete(self, token: str) -> None:
        """Sign out; sockets that were opened with the session are closed wherever they are."""
        await self._redis.delete(_key(token))
        message = msgpack.packb({"session": digest(token)})
        await self._redis.publish(SIGNED_OUT_CHANNEL, message)


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key(token: str) -> str:
    return session_key(digest(token))


def session_key(token_hash: str) -> str:
    """Who a session cookie belongs to."""
    return f"tipmeet:session:{token_hash}"
