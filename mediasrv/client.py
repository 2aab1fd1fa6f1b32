"""The web process's way to a relay: its control API as typed calls."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp
import msgpack

from mediasrv.stats import Side

#: Seconds. A relay answers from memory; one that does not is treated as gone.
TIMEOUT_S = 3.0
#: Closing hands the last proof over to the books first.
CLOSE_TIMEOUT_S = 10.0


class RelayError(Exception):
    """A relay refused (its ``code``) or did not answer (``relay_unavailable``)."""

    def __init__(self, code: str, message: str, status: int = 503, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.line = line


class RelayClient:
    """Speaks to any relay that shares the secret; ``control_url`` is its base, without a path."""

    def __init__(self, session: aiohttp.ClientSession, secret: str) -> None:
        self._session = session
        self._headers = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": "application/msgpack",
        }

    async def join(self, control_url: str, call: str, side: Side, offer: str) -> str:
        """The relay's answer to a browser's offer."""
        path = f"/v1/calls/{quote(call, safe='')}/participants/{side}"
        return str((await self._ask("PUT", control_url, path, {"offer": offer}))["answer"])

    async def leave(self, control_url: str, call: str, side: Side) -> None:
        """Takes one side out."""
        path = f"/v1/calls/{quote(call, safe='')}/participants/{side}"
        await self._ask("DELETE", control_url, path)

    async def close_call(self, control_url: str, call: str) -> int:
        """Ends the call; returns the proven milliseconds, which the books have by then."""
        path = f"/v1/calls/{quote(call, safe='')}"
        answer = await self._ask("DELETE", control_url, path, timeout_s=CLOSE_TIMEOUT_S)
        return int(answer["proof_ms"])

    async def set_mode(self, control_url: str, call: str, *, forward: bool, count: bool) -> None:
        """On hold: neither; clock paused: forward without count."""
        path = f"/v1/calls/{quote(call, safe='')}/mode"
        await self._ask("POST", control_url, path, {"forward": forward, "count": count})

    async def stats(self, control_url: str, call: str) -> dict[str, Any]:
        """CallStats of the protocol."""
        return await self._ask("GET", control_url, f"/v1/calls/{quote(call, safe='')}")

    async def totals(self, control_url: str) -> dict[str, Any]:
        """Totals of the whole relay."""
        return await self._ask("GET", control_url, "/v1/stats")

    async def drain(self, control_url: str) -> None:
        """Tells the relay to take no new calls."""
        await self._ask("POST", control_url, "/v1/drain")

    async def _ask(
        self,
        method: str,
        control_url: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> dict[str, Any]:
        try:
            async with self._session.request(
                method,
                control_url.rstrip("/") + path,
                data=None if body is None else msgpack.packb(body),
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                payload = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RelayError("relay_unavailable", "the relay does not answer") from error
        try:
            answer = msgpack.unpackb(payload) if payload else {}
        except (ValueError, msgpack.UnpackException) as error:
            raise RelayError("relay_unavailable", "the relay's answer is unreadable") from error
        if status >= 400 or not isinstance(answer, dict):
            answer = answer if isinstance(answer, dict) else {}
            raise RelayError(
                str(answer.get("code", "internal")),
                str(answer.get("message", "the relay failed")),
                status,
                answer.get("line"),
            )
        return answer
