"""`tipmeet demo`: the main job with no browser, its money checked to the last micro-unit.

Starts a whole platform in a folder of its own, opens a service, calls it with two synthetic
participants over real ICE, DTLS and SRTP, shows the meter, ends the call, prints both receipts and
the audit, and compares the charge with what the tariff says.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mediasrv.synthetic import SyntheticParticipant
from metering.audit.audit import AuditReport, audit
from metering.money import format_amount
from metering.tariff import Tariff, charge_micros, platform_micros, provider_micros
from tipmeet.demo.visitor import Visitor, VisitorError, is_state
from tipmeet.ports import free_port
from tipmeet.processes.supervisor import Supervisor
from tipmeet.processes.web import open_site
from tipmeet.settings import Settings, load

TOP_UP = "20.00"
CONNECT_TIMEOUT_S = 30.0
SETTLE_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class DemoResult:
    """What `--json` prints. Amounts in micro-units."""

    proven_seconds: int
    charged_micros: int
    provider_micros: int
    platform_micros: int
    client_balance_before_micros: int
    client_balance_after_micros: int
    packets_each_way: tuple[int, int]
    audit_ok: bool
    charge_ok: bool
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return self.audit_ok and self.charge_ok


class Demo:
    """One run of so many `seconds`, the first `free` of them a free threshold.

    `price` is a decimal string per minute; `quiet`: nothing is printed for a person.
    """

    def __init__(self, *, seconds: int, free: int, price: str, quiet: bool) -> None:
        self._seconds = seconds
        self._free = free
        self._price = price
        self._quiet = quiet

    async def run(self) -> DemoResult:
        folder = Path(tempfile.mkdtemp(prefix="tipmeet-demo-"))
        try:
            return await self._run_in(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _run_in(self, folder: Path) -> DemoResult:
        settings = load(
            data_dir=folder,
            redis_url=None,
            books_url=None,
            demo_accounts=False,
            threshold_s=self._free,
            relays=1,
            web_port=free_port(),
            relay_port=free_port(),
            relay_control_port=free_port(),
            announced=("127.0.0.1",),
            log_level="error",
        )
        password = secrets.token_urlsafe(12)

        async def prepare(redis_url: str) -> None:
            async with open_site(settings, redis_url) as site:
                await site.accounts.create_user(
                    "operator@demo.example", password, "Operator", "operator"
                )

        self._say("Starting store, web and relay ...")
        async with Supervisor(settings).running(prepare) as supervisor:
            url = settings.site_url
            async with Visitor(url) as operator, Visitor(url) as provider, Visitor(url) as client:
                await operator.api(
                    "POST",
                    "/api/session",
                    {"email": "operator@demo.example", "password": password},
                )
                return await self._call(settings, supervisor.redis_url, operator, provider, client)

    async def _call(
        self,
        settings: Settings,
        redis_url: str,
        operator: Visitor,
        provider: Visitor,
        client: Visitor,
    ) -> DemoResult:
        slug = await self._open_service(operator, provider, client)
        before = (await client.api("GET", "/api/wallet"))["available_micros"]
        quote = (await client.api("GET", f"/api/public/services/{slug}/quote"))["quote"]
        await provider.connect()
        await client.connect()
        await provider.ask("duty.set", on=True)
        started = await client.ask(
            "call.start",
            service=slug,
            tariff_hash=quote["tariff"]["hash"],
            consent=True,
            audio=True,
            video=True,
        )
        call_id = started["call"]["id"]
        ringing = await provider.wait_for(
            lambda e: e["type"] == "call.incoming", CONNECT_TIMEOUT_S, "the ringing call"
        )
        minutes = (ringing["call"]["affordable_s"] or 0) // 60
        self._say(
            f"Ringing: {ringing['call']['client']['name']} can pay for {minutes} min. Accepted."
        )
        await provider.ask("call.accept", call=call_id)
        client_media, provider_media = SyntheticParticipant(), SyntheticParticipant()
        try:
            for person, media in ((client, client_media), (provider, provider_media)):
                joined = await person.ask("media.join", call=call_id, offer=media.offer())
                await media.connect(joined["answer"])
            await client.wait_for(is_state("live"), CONNECT_TIMEOUT_S, "the live call")
            await self._watch_meter(client)
            await client.ask("call.hang_up", call=call_id)
        finally:
            await client_media.close()
            await provider_media.close()
        packets = (
            provider_media.packets_received,
            client_media.packets_received,
        )
        client_call = await self._settled(client, call_id)
        provider_call = await self._settled(provider, call_id)
        after = (await client.api("GET", "/api/wallet"))["available_micros"]
        earned = (await provider.api("GET", "/api/earnings"))["earned_micros"]
        async with open_site(settings, redis_url) as site:
            report = await audit(site.books.partitions)
        result = judge(
            client_call,
            provider_call,
            before_micros=before,
            after_micros=after,
            earned_micros=earned,
            packets=packets,
            report=report,
            settings=settings,
        )
        self._print_receipts(client_call, provider_call, report, result)
        return result

    async def _open_service(self, operator: Visitor, provider: Visitor, client: Visitor) -> str:
        """Sign both up, publish the service, give the client money; the service's slug."""
        password = secrets.token_urlsafe(12)
        await provider.api(
            "POST",
            "/api/accounts",
            {
                "email": "provider@demo.example",
                "password": password,
                "name": "Ada Provider",
                "role": "provider",
            },
        )
        service = await provider.api(
            "POST",
            "/api/services",
            {
                "title": "Demo consultation",
                "kind": "Consulting",
                "description": "Opened by tipmeet demo.",
                "qualifications": "A synthetic participant.",
                "languages": ["en"],
                "time_zone": "UTC",
                "hours": {
                    day: [["00:00", "23:59"]]
                    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
                },
                "price": self._price,
                "period": "minute",
                "published": True,
            },
        )
        account = await client.api(
            "POST",
            "/api/accounts",
            {
                "email": "client@demo.example",
                "password": password,
                "name": "Carl Client",
                "role": "client",
            },
        )
        client_id = account["user"]["id"]
        await operator.api(
            "POST",
            f"/api/admin/users/{client_id}/credit",
            {"amount": TOP_UP, "note": "demo"},
            key=secrets.token_hex(8),
        )
        slug: str = service["service"]["slug"]
        self._say(
            f"Service /s/{slug} at {self._price} per minute, first {self._free} s free; "
            f"the client has {TOP_UP}."
        )
        return slug

    async def _watch_meter(self, client: Visitor) -> None:
        """Show the meter until the wanted number of seconds is proven."""
        limit_s = self._seconds * 2 + CONNECT_TIMEOUT_S
        seconds = 0
        while seconds < self._seconds:
            event = await client.wait_for(
                lambda e: e["type"] == "call.meter" or is_state("ended")(e), limit_s, "the meter"
            )
            if event["type"] != "call.meter":
                raise VisitorError(f"the call ended early: {event['call']['reason']}")
            meter = event["meter"]
            seconds = meter["seconds"]
            free = f"free {meter['free_left_s']:>3} s" if meter["free_left_s"] else "charging  "
            self._say(
                f"  {seconds:>4} s  {free}  charged {format_amount(meter['charged_micros']):>8}"
                f"  left {format_amount(meter['balance_micros']):>8}"
            )

    async def _settled(self, person: Visitor, call_id: str) -> dict[str, Any]:
        """The ended call with its receipt, as this person sees it."""
        async with asyncio.timeout(SETTLE_TIMEOUT_S):
            while True:
                call: dict[str, Any] = (await person.api("GET", f"/api/calls/{call_id}"))["call"]
                if call["receipt"] is not None:
                    return call
                await asyncio.sleep(0.1)

    def _say(self, line: str) -> None:
        if not self._quiet:
            print(line, flush=True)

    def _print_receipts(
        self,
        client_call: dict[str, Any],
        provider_call: dict[str, Any],
        report: AuditReport,
        result: DemoResult,
    ) -> None:
        for who, call in (("Client", client_call), ("Provider", provider_call)):
            self._say(f"\n{who}'s receipt")
            for name, value in call["receipt"].items():
                is_money = name.endswith("_micros") and value is not None
                shown = format_amount(value) if is_money else value
                self._say(f"  {name.removesuffix('_micros'):<16} {shown}")
        self._say(f"\nAudit: {'clean' if report.ok else 'FAILED'} {report.checked}")
        for problem in result.problems:
            self._say(f"  WRONG: {problem}")


def judge(
    client_call: dict[str, Any],
    provider_call: dict[str, Any],
    *,
    before_micros: int,
    after_micros: int,
    earned_micros: int,
    packets: tuple[int, int],
    report: AuditReport,
    settings: Settings,
) -> DemoResult:
    """Compare what was charged with what the tariff says, computed anew from the receipt."""
    receipt, provider_receipt = client_call["receipt"], provider_call["receipt"]
    shown = provider_call["tariff"]
    tariff = Tariff(
        currency=shown["currency"],
        price_micros=shown["price_micros"],
        period_s=shown["period_s"],
        threshold_s=shown["threshold_s"],
        threshold_mode=shown["threshold_mode"],
        initial_s=shown["increments"][0],
        increment_s=shown["increments"][1],
        commission_bps=shown["commission_bps"],
        min_minutes=settings.min_minutes,
        version=shown["version"],
    )
    seconds = receipt["connected_s"]
    wanted = {
        "charged": charge_micros(tariff, seconds),
        "platform": platform_micros(tariff, seconds),
        "provider": provider_micros(tariff, seconds),
    }
    problems = list(report.problems)
    compared = {
        "the client's receipt": (receipt["charged_micros"], wanted["charged"]),
        "the provider's receipt": (provider_receipt["provider_micros"], wanted["provider"]),
        "the commission": (provider_receipt["commission_micros"], wanted["platform"]),
        "the wallet": (before_micros - after_micros, wanted["charged"]),
        "the earnings": (earned_micros, wanted["provider"]),
    }
    for name, (is_micros, wanted_micros) in compared.items():
        if is_micros != wanted_micros:
            problems.append(f"{name} says {is_micros}, the tariff {wanted_micros} micro-units")
    charge_ok = all(a == b for a, b in compared.values())
    if min(packets) == 0:
        problems.append("no media arrived on one side")
        charge_ok = False
    return DemoResult(
        proven_seconds=seconds,
        charged_micros=receipt["charged_micros"],
        provider_micros=provider_receipt["provider_micros"],
        platform_micros=provider_receipt["commission_micros"],
        client_balance_before_micros=before_micros,
        client_balance_after_micros=after_micros,
        packets_each_way=packets,
        audit_ok=report.ok,
        charge_ok=charge_ok,
        problems=tuple(problems),
    )


def to_json(result: DemoResult) -> str:
    return json.dumps(asdict(result))
