"""`tipmeet relay`: one relay with its control API, its place in the registry, its ticker."""

from __future__ import annotations

import asyncio
import secrets
import socket

import redis.exceptions
import structlog
from aiohttp import web

from mediasrv.control import build_app
from mediasrv.relay import Relay, RelayConfig
from metering.calls.meter import Meter
from metering.store.partitions import Partitions
from signaling.kernel.tasks import stop as cancel
from signaling.relays.registry import RelayInfo, RelayRegistry
from tipmeet.processes.supervisor import reachable, until_signal
from tipmeet.processes.ticker import Ticker, wall_ms
from tipmeet.redis_client import connect, connect_books
from tipmeet.settings import Settings, relay_secret

ANNOUNCE_INTERVAL_S = 1.0

log = structlog.get_logger("relay")


async def run_relay(settings: Settings, index: int) -> None:
    """Serve until SIGINT or SIGTERM; hands over the last proof before it returns."""
    if settings.redis_url is None:
        raise ValueError("a relay needs --redis URL (tipmeet serve starts everything)")
    port = settings.relay_port + index
    control_port = settings.relay_control_port + index
    # A restart is another relay: its calls begin anew, and the old name must not seem to have them.
    relay_id = f"{socket.gethostname()}-{port}-{secrets.token_hex(3)}"
    at_most = settings.store_connections
    client = connect(settings.redis_url, at_most)
    money = connect_books(settings.books_url, at_most) if settings.books_url else client
    partitions = Partitions(money, currency=settings.currency)
    await partitions.load()
    relay = Relay(
        RelayConfig(
            host=settings.media_host,
            port=port,
            announced=settings.media_addresses,
            max_calls=settings.relay_max_calls,
        )
    )
    ticker = Ticker(relay, Meter(partitions, relay_id), client, relay_id)
    app = build_app(
        relay,
        relay_secret(settings),
        before_close=ticker.before_close,
        before_join=ticker.before_join,
    )
    await relay.start()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, settings.relay_control_host, control_port).start()
    registry = RelayRegistry(client)
    control_url = f"http://{reachable(settings.relay_control_host)}:{control_port}"
    background = [
        asyncio.create_task(ticker.run(), name="ticker"),
        asyncio.create_task(announce(relay, registry, relay_id, control_url), name="announce"),
    ]
    log.info("relay ready", id=relay_id, udp=port, control=control_url)
    stop = asyncio.create_task(until_signal())
    try:
        done, _ = await asyncio.wait([stop, *background], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stop}:
            task.result()  # a background task never ends by itself: let its error be seen
    finally:
        stop.cancel()
        await cancel(background)
        await ticker.beat()
        await registry.retire(relay_id)
        await runner.cleanup()
        await relay.close()
        await money.aclose()
        await client.aclose()


async def announce(relay: Relay, registry: RelayRegistry, relay_id: str, control_url: str) -> None:
    """Tell the web process every second that this relay is alive and how loaded it is."""
    while True:
        totals = relay.totals()
        try:
            await registry.announce(
                RelayInfo(
                    id=relay_id,
                    control_url=control_url,
                    calls=totals.calls,
                    participants=totals.participants,
                    draining=totals.draining,
                    at_ms=wall_ms(),
                )
            )
        except (redis.exceptions.RedisError, OSError, TimeoutError) as error:
            log.warning("the store did not answer", error=str(error))
        await asyncio.sleep(ANNOUNCE_INTERVAL_S)
