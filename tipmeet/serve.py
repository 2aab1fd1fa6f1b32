"""`tipmeet serve`: everything on one machine, until Ctrl-C."""

from __future__ import annotations

import asyncio

import redis.exceptions
import structlog

from metering.archive.archive import archive
from metering.errors import MeteringError
from signaling.kernel.tasks import stop as cancel
from tipmeet.demo.data import DemoLogin, create_demo_data
from tipmeet.processes.supervisor import Supervisor, until_signal
from tipmeet.processes.web import open_site
from tipmeet.settings import Settings

ARCHIVE_EVERY_S = 3600

log = structlog.get_logger("serve")


async def run_serve(settings: Settings) -> None:
    """Start store, web and relays, say where to click, stop all of it cleanly on a signal."""
    logins: list[DemoLogin] = []

    async def prepare(redis_url: str) -> None:
        if settings.demo_accounts:
            async with open_site(settings, redis_url) as site:
                logins.extend(await create_demo_data(site, settings.data_dir))

    stop = asyncio.create_task(until_signal())
    print("Starting TipMeet ...", flush=True)
    async with Supervisor(settings).running(prepare) as supervisor:
        archiver = asyncio.create_task(keep_archiving(settings, supervisor.redis_url))
        print(banner(settings, logins), flush=True)
        await stop
        print("\nStopping ...", flush=True)
        await cancel([archiver])
    print("TipMeet has stopped; everything is kept.", flush=True)


async def keep_archiving(settings: Settings, redis_url: str) -> None:
    """Move old entries out of the store's memory into files, once an hour."""
    while True:
        await asyncio.sleep(ARCHIVE_EVERY_S)
        try:
            async with open_site(settings, redis_url) as site:
                done = await archive(
                    site.books.partitions, settings.archive_dir, now_ms=site.clock()
                )
            log.info("archived", entries=done.entries, records=done.records)
        except (MeteringError, redis.exceptions.RedisError, OSError) as error:
            log.warning("not archived, tried again in an hour", error=str(error))


def banner(settings: Settings, logins: list[DemoLogin]) -> str:
    """What is printed once everything answers."""
    url = settings.site_url
    lines = [
        "",
        "TipMeet is ready.",
        f"  Site             {url}/",
        f"  Provider console {url}/console",
        f"  Operator         {url}/admin",
    ]
    if logins:
        lines.append("Demo logins:")
        lines += [f"  {login.role:<9} {login.email:<24} {login.password}" for login in logins]
        lines.append(
            f"Try it: sign in as the provider, go on duty in {url}/console; sign in as the"
        )
        lines.append("client in another browser profile, open the service and press Call.")
    lines.append("Ctrl-C stops everything; starting again finds everything as it was.")
    return "\n".join(lines)
