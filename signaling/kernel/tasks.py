"""Stopping background tasks for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

ASK_AGAIN_S = 1.0


async def stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they are gone; what they raise is not looked at.

    Before Python 3.12 `asyncio.wait_for`, which the store's client uses, loses a cancellation that
    comes together with the answer; such a task has to be asked again.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=ASK_AGAIN_S)
