"""`tipmeet serve`: everything on one machine, until Ctrl-C."""

from __future__ import annotations

import asyncio

from tipmeet.demo_data import DemoLogin, create_demo_data
from tipmeet.settings import Settings
from tipmeet.supervisor import Supervisor, until_signal
from tipmeet.web_process import open_context


async def run_serve(settings: Settings) -> None:
    """Start store, web and relays, say where to click, stop all of it cleanly on a signal."""
    logins: list[DemoLogin] = []

    async def prepare(redis_url: str) -> None:
        if settings.demo_accounts:
            async with open_context(settings, redis_url) as context:
                logins.extend(await create_demo_data(context, settings.data_dir))

    stop = asyncio.create_task(until_signal())
    print("Starting TipMeet ...", flush=True)
    async with Supervisor(settings).running(prepare):
        print(banner(settings, logins), flush=True)
        await stop
        print("\nStopping ...", flush=True)
    print("TipMeet has stopped; everything is kept.", flush=True)


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
