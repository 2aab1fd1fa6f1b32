"""The page's WebSocket (`lib/socket.js`): one answer a request, back after a loss."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from playwright.async_api import Page

from tests.admin_web.module_site import ModuleSite

# One browser for the whole file: starting one takes longer than a test.

OPEN = """async () => {
  const { Socket } = await import("/static/frame/lib/socket.js");
  window.seen = [];
  window.socket = new Socket();
  for (const type of ["hello", "up", "down", "signed_out", "call.state"]) {
    socket.on(type, (message) => seen.push({ ...message, type }));
  }
}"""


async def seen(page: Page, kind: str, times: int = 1) -> list[dict[str, Any]]:
    await page.wait_for_function(
        "([kind, times]) => seen.filter((m) => m.type === kind).length >= times", arg=[kind, times]
    )
    found: list[dict[str, Any]] = await page.evaluate(
        "(kind) => seen.filter((m) => m.type === kind)", kind
    )
    return found


async def hello(ws: web.WebSocketResponse, name: str = "first") -> None:
    await ws.send_json({"type": "hello", "user": {"name": name}, "calls": []})


async def test_a_request_gets_its_own_answer_whatever_comes_between(
    page: Page, modules: ModuleSite
) -> None:
    async def server(ws: web.WebSocketResponse) -> None:
        await hello(ws)
        first = await ws.receive_json()
        second = await ws.receive_json()
        await ws.send_str("not json")
        await ws.send_json({"type": "ok", "id": second["id"], "duty": "on_duty"})
        await ws.send_json({"type": "call.state", "call": {"id": "c"}})
        await ws.send_json(
            {"type": "error", "id": first["id"], "code": "busy", "message": "In a call."}
        )
        await ws.receive()

    modules.conversations.append(server)
    await page.evaluate(OPEN)
    answers = await page.evaluate(
        """() => Promise.all([
          socket.request("call.accept", { call: "c" })
            .catch((error) => [error.code, error.message]),
          socket.request("duty.set", { on: true }).then((ok) => ok.duty),
        ])"""
    )
    assert answers == [["busy", "In a call."], "on_duty"]
    assert await seen(page, "call.state")


async def test_it_comes_back_after_a_loss_and_says_hello_again(
    page: Page, modules: ModuleSite
) -> None:
    async def lost(ws: web.WebSocketResponse) -> None:
        await hello(ws)
        await ws.receive_json()  # and never answers

    async def back(ws: web.WebSocketResponse) -> None:
        await hello(ws, "again")
        request = await ws.receive_json()
        await ws.send_json({"type": "ok", "id": request["id"]})
        await ws.receive()

    modules.conversations += [lost, back]
    await page.evaluate(OPEN)
    await seen(page, "hello")
    # What was sent and not answered is not repeated: it may have been done.
    code = await page.evaluate("socket.request('call.start').catch((error) => error.code)")
    assert code == "disconnected"
    hellos = await seen(page, "hello", 2)
    assert [message["user"]["name"] for message in hellos] == ["first", "again"]
    await page.evaluate("socket.request('ping')")


async def test_a_request_made_while_the_line_is_down_is_sent_when_it_is_up(
    page: Page, modules: ModuleSite
) -> None:
    up = asyncio.Event()

    async def server(ws: web.WebSocketResponse) -> None:
        await up.wait()
        await hello(ws)
        request = await ws.receive_json()
        await ws.send_json({"type": "ok", "id": request["id"], "duty": "off_duty"})
        await ws.receive()

    modules.conversations.append(server)
    await page.evaluate(OPEN)
    await page.evaluate("() => { window.waiting = socket.request('duty.set', { on: false }); }")
    up.set()
    assert await page.evaluate("window.waiting.then((ok) => ok.duty)") == "off_duty"


async def test_a_request_without_an_answer_ends_in_words(page: Page, modules: ModuleSite) -> None:
    async def server(ws: web.WebSocketResponse) -> None:
        await hello(ws)
        async for _ in ws:
            pass

    modules.conversations.append(server)
    await page.evaluate(OPEN)
    error = await page.evaluate(
        """socket.request("call.watch", {}, { timeoutMs: 50 })
             .catch((error) => [error.code, error.message])"""
    )
    assert error == ["timeout", "The server did not answer in time."]


async def test_a_session_that_is_over_stops_it(page: Page, modules: ModuleSite) -> None:
    modules.signed_in = False
    await page.evaluate(OPEN)
    await seen(page, "signed_out")
    assert await page.evaluate("socket.request('ping').catch((error) => error.code)") == (
        "disconnected"
    )
