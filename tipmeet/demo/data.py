"""What an empty store is filled with at first start, so that a call can be tried at once.

An operator, a provider with a published service, a client with money.

The passwords are random and kept in the data folder, so that each start can print them again.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from metering.money import parse_amount
from signaling.kernel.http.identity import Role
from signaling.services.store import ServiceDraft
from signaling.site import Site

FILE_NAME = "demo-logins.json"
CLIENT_MONEY = "25.00"
SERVICE_PRICE = "0.90"


@dataclass(frozen=True)
class DemoLogin:
    """One demo account, as printed and as kept in `demo-logins.json`."""

    role: Role
    email: str
    password: str


def read_logins(data_dir: Path) -> list[DemoLogin]:
    """The demo accounts made at the first start; none when there never were."""
    path = data_dir / FILE_NAME
    if not path.exists():
        return []
    return [DemoLogin(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


async def create_demo_data(site: Site, data_dir: Path) -> list[DemoLogin]:
    """Fill an empty store; the logins that work. Does nothing to a store that has people."""
    if await site.accounts.search("", limit=1):
        return read_logins(data_dir)
    roles: tuple[Role, ...] = ("operator", "provider", "client")
    logins = [DemoLogin(role, f"{role}@demo.example", secrets.token_urlsafe(9)) for role in roles]
    # The file first: accounts whose passwords nobody knows would be of no use.
    _write_logins(data_dir / FILE_NAME, logins)
    operator, provider, client = [
        await site.accounts.create_user(login.email, login.password, name, login.role)
        for login, name in zip(
            logins, ("Olga Operator", "Pavel Provider", "Clara Client"), strict=True
        )
    ]
    await site.services.create(provider, demo_service())
    await site.books.wallets.top_up(
        client.id,
        parse_amount(CLIENT_MONEY),
        key=f"demo:{client.id}",
        source=f"operator:{operator.id}",
        note="Demo money",
        now_ms=site.clock(),
    )
    return logins


def demo_service() -> ServiceDraft:
    """The service the demo provider offers."""
    weekday = [("09:00", "12:30"), ("13:30", "18:00")]
    return ServiceDraft(
        title="Chess lessons with a FIDE master",
        kind="Teaching",
        description="We look at your last games together and find the three habits that cost you "
        "most points. Bring a game, or just questions. Beginners are welcome.",
        qualifications="FIDE master since 2009. Twelve years of coaching juniors, among them two "
        "national youth champions.",
        languages=("en", "ru"),
        time_zone="Europe/Prague",
        hours={
            **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), weekday),
            "sat": [("10:00", "14:00")],
            "sun": [],
        },
        price_micros=parse_amount(SERVICE_PRICE),
        period="minute",
        published=True,
    )


def _write_logins(path: Path, logins: list[DemoLogin]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump([asdict(login) for login in logins], file, indent=1)
