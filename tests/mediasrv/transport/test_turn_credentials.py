"""TURN credentials open a real coturn for as long as they last."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aioice import stun, turn

from mediasrv.transport.turn import credentials, ice_servers
from tests.prepare import find_turn_server
from tipmeet.ports import free_port

SECRET = "a turn secret"


def test_the_password_is_the_signature_of_name_and_expiry() -> None:
    user, password = credentials(SECRET, "call-7", now_s=1_000, lifetime_s=60)
    assert user == "1060:call-7"
    expected = hmac.new(SECRET.encode(), b"1060:call-7", hashlib.sha1).digest()
    assert base64.b64decode(password) == expected


def test_pages_get_stun_plain_and_turn_with_credentials() -> None:
    urls = ["stun:stun.example.org:3478", "turn:turn.example.org:3478?transport=tcp"]
    stun_server, turn_server = ice_servers(urls, SECRET, "x", now_s=0)
    assert stun_server == {"urls": urls[:1]}
    assert turn_server["urls"] == urls[1:]
    assert turn_server["username"].endswith(":x")
    assert ice_servers(urls, None, "x", now_s=0) == [stun_server]
    assert ice_servers([], SECRET, "x", now_s=0) == []


@pytest.mark.parametrize("url", ["http://example.org", "turn:", "example.org:3478"])
def test_what_is_no_turn_url_is_named(url: str) -> None:
    with pytest.raises(ValueError, match=r"is no STUN or TURN url"):
        ice_servers([url], SECRET, "x", now_s=0)


def test_names_that_would_confuse_coturn_are_refused() -> None:
    with pytest.raises(ValueError, match="colon"):
        credentials(SECRET, "a:b", now_s=0)


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[tuple[str, int]]:
    port = free_port()
    options = {
        "listening-ip": "127.0.0.1",
        "relay-ip": "127.0.0.1",
        "listening-port": str(port),
        "static-auth-secret": SECRET,
        "realm": "tipmeet",
        "pidfile": str(tmp_path / "pid"),
        "userdb": str(tmp_path / "db"),
        "log-file": "stdout",
    }
    flags = ["-n", "--use-auth-secret", "--no-cli", "--no-tls", "--no-dtls"]
    flags.append("--allow-loopback-peers")
    process = await asyncio.create_subprocess_exec(
        find_turn_server(),
        *flags,
        *(f"--{k}={v}" for k, v in options.items()),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await _listening(process, port)
    yield ("127.0.0.1", port)
    process.kill()
    await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    """Waits until it takes connections: a request before that would be lost."""
    async with asyncio.timeout(60):
        while True:
            assert process.returncode is None, "coturn ended at once"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return


async def _allocate(server: tuple[str, int], user: str, password: str) -> tuple[str, int]:
    async with asyncio.timeout(90):
        while True:
            try:
                transport, _ = await turn.create_turn_endpoint(
                    asyncio.DatagramProtocol,
                    server_addr=server,
                    username=user,
                    password=password,
                )
            except (stun.TransactionTimeout, ConnectionError):
                await asyncio.sleep(0.1)
                continue
            relayed: tuple[str, int] = transport.get_extra_info("sockname")
            transport.close()
            return relayed


async def test_coturn_accepts_fresh_credentials(coturn: tuple[str, int]) -> None:
    user, password = credentials(SECRET, "call", int(time.time()))
    host, port = await _allocate(coturn, user, password)
    assert host == "127.0.0.1"
    assert port != coturn[1]


async def test_coturn_refuses_expired_and_forged_credentials(coturn: tuple[str, int]) -> None:
    expired = credentials(SECRET, "call", int(time.time()) - 100, lifetime_s=10)
    forged = credentials("another secret", "call", int(time.time()))
    for user, password in (expired, forged):
        with pytest.raises(stun.TransactionFailed):
            await _allocate(coturn, user, password)
