"""Promotional credit whose time is over goes back to the platform."""

from __future__ import annotations

from metering.items import Items
from metering.store.partitions import Partitions


class Promo:
    """The promotional credit of the books."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    async def expire(self, *, now_ms: int) -> int:
        """Takes back promotional credit whose time is over. Returns how much in all (micros).

        Raises UnfinishedError after all other clients' credit is seen to.
        """
        items = Items("expire")
        scripts = self._partitions.scripts
        for partition, clients in enumerate(await self._partitions.every("HKEYS", "lots")):
            for client in clients:
                work = scripts.run("wallets/expire_promo", partition, client, now_ms)
                await items.attempt(f"client {client.decode()}", work)
        return items.finish()
