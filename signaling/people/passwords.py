"""Password hashing off the event loop, with failures that all take the same time."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2  # each hash takes tens of megabytes and a core for tens of milliseconds


class Passwords:
    """argon2id hashes. Verifying against no hash costs as much as against a real one."""

    def __init__(self, *, memory_kib: int, rounds: int) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib)
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """A salted hash in the PHC string format."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether the password fits; None for an account that does not exist."""
        async with self._slots:
            fits = await asyncio.to_thread(self._fits, hashed or self._nobody, password)
        return fits and hashed is not None

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
