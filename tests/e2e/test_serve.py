"""`tipmeet serve` and `tipmeet demo` as a person on a fresh machine meets them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from metering.tariff import Tariff, charge_micros, provider_micros
from tests.e2e.conftest import Site, children, start_site
from tipmeet.processes.child import LONGEST_PAUSE_S

DEMO_TIMEOUT_S = 170


def logins(site: Site) -> dict[str, tuple[str, str]]:
    """role → (email, password), as printed at start."""
    rows = [line.split() for line in site.output if "@demo.example" in line]
    return {role: (email, password) for role, email, password in rows}


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_first_start_makes_a_demo_and_a_second_start_finds_it(tmp_path: Path) -> None:
    site = start_site(tmp_path / "var")
    try:
        first = logins(site)
        assert set(first) == {"operator", "provider", "client"}
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            email, password = first["client"]
            answer = await http.post(
                f"{site.url}/api/session", json={"email": email, "password": password}
            )
            assert answer.status == 200
            money = await (await http.get(f"{site.url}/api/wallet")).json()
            assert money["available_micros"] == 25_000_000
        found = json.loads((await get(f"{site.url}/api/public/services"))[1])["services"]
        status, page = await get(f"{site.url}/s/{found[0]['slug']}")
        assert status == 200
        assert found[0]["title"] in page
        assert site.audit()["ok"]
        archived = json.loads(site.command("audit", "--archive", "--json").stdout)
        assert archived["ok"]
        assert archived["checked"]["archive_files"] == 0
    finally:
        assert site.stop() == 0, "".join(site.output)
    again = start_site(tmp_path / "var")
    try:
        assert logins(again) == first
        status, page = await get(f"{again.url}/s/{found[0]['slug']}")
        assert status == 200
        assert found[0]["title"] in page
    finally:
        assert again.stop() == 0


async def test_a_killed_relay_comes_back_by_itself(tmp_path: Path) -> None:
    site = start_site(tmp_path / "var", demo_accounts="false")
    try:
        (relay,) = children(site.process.pid, "relay")
        os.kill(relay, signal.SIGKILL)
        control = site.environment["TIPMEET_RELAY_CONTROL_PORT"]
        deadline_s = LONGEST_PAUSE_S * 3
        async with aiohttp.ClientSession() as http:
            waited = 0.0
            while True:
                try:
                    answer = await http.get(f"http://127.0.0.1:{control}/v1/stats")
                    assert answer.status == 401, "the control API must not answer without secret"
                    break
                except aiohttp.ClientConnectorError:
                    waited += 0.1
                    assert waited < deadline_s
                    await asyncio.sleep(0.1)
    finally:
        assert site.stop() == 0


def test_a_taken_port_is_named_with_its_mend(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "tipmeet", "serve", "--web-port", str(taken.getsockname()[1])],
            env={**os.environ, "TIPMEET_DATA_DIR": str(tmp_path / "var")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "is in use" in done.stderr
    assert "TIPMEET_WEB_PORT" in done.stderr
    assert not (tmp_path / "var" / "appendonlydir").exists(), "nothing may be half started"


@pytest.mark.parametrize(
    ("seconds", "free", "wanted_free"), [(6, 3, False), (3, 30, True)], ids=["paid", "probe"]
)
def test_the_demo_charges_what_the_tariff_says(seconds: int, free: int, wanted_free: bool) -> None:
    command = ["demo", "--seconds", str(seconds), "--free", str(free), "--price", "0.31", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "tipmeet", *command],
        capture_output=True,
        text=True,
        timeout=DEMO_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    proven = result["proven_seconds"]
    assert proven >= seconds
    tariff = Tariff(
        currency="USD",
        price_micros=310_000,
        period_s=60,
        threshold_s=free,
        threshold_mode="retroactive",
        initial_s=1,
        increment_s=1,
        commission_bps=1500,
        min_minutes=2,
        version=1,
    )
    assert result["charged_micros"] == charge_micros(tariff, proven)
    assert (result["charged_micros"] == 0) is wanted_free
    assert result["provider_micros"] == provider_micros(tariff, proven)
    assert result["provider_micros"] + result["platform_micros"] == result["charged_micros"]
    before, after = result["client_balance_before_micros"], result["client_balance_after_micros"]
    assert before - after == result["charged_micros"]
    # 50 audio packets a second, and video, each way
    assert min(result["packets_each_way"]) > 50 * seconds
    assert result["audit_ok"] is True


def test_the_demo_needs_a_price_that_is_money() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tipmeet", "demo", "--price", "abc"],
        capture_output=True,
        text=True,
        timeout=DEMO_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 2
    assert "in digits" in done.stderr
    assert "Traceback" not in done.stderr
