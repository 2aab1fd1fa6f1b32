"""Password hashing off the event loop, with failures that all take the same time."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from signaling.people.hash_queue import HashQueue, Lane


class Passwords:
    """argon2id hashes. Verifying against no hash costs as much as against a real one.

    Both wait for their turn in `lane` and raise ProblemError `unavailable` when it does not come.
    """

    def __init__(self, *, memory_kib: int, rounds: int) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib)
        self._nobody = self._hasher.hash(secrets.token_hex(16))
        self._queue = HashQueue()

    async def hash(self, password: str, lane: Lane) -> str:
        """A salted hash in the PHC string format."""
        return await self._queue.run(lane, lambda: self._hasher.hash(password))

    async def verify(self, hashed: str | None, password: str, lane: Lane) -> bool:
        """Whether the password fits; None for an account that does not exist."""
        against = hashed or self._nobody
        fits = await self._queue.run(lane, lambda: self._fits(against, password))
        return fits and hashed is not None

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
