"""A stock Firefox driven over WebDriver BiDi, with as much of the protocol as a call page needs."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "extensions.update.enabled": False,
    "services.settings.server": "data:,",
    "media.gmp-manager.updateEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
}


class FirefoxPage:
    """One tab."""

    def __init__(self, firefox: Firefox, context: str) -> None:
        self._firefox = firefox
        self._context = context

    async def goto(self, url: str) -> None:
        await self._firefox.ask(
            "browsingContext.navigate",
            {"context": self._context, "url": url, "wait": "complete"},
        )

    async def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression, awaited if it is a promise."""
        result = await self._firefox.ask(
            "script.evaluate",
            {
                "expression": f"(async () => JSON.stringify(await ({expression})))()",
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        if result["type"] != "success":
            raise RuntimeError(result["exceptionDetails"]["text"])
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    async def until(
        self, condition: Callable[[dict[str, Any]], bool], timeout_s: float = 60.0
    ) -> dict[str, Any]:
        async with asyncio.timeout(timeout_s):
            while True:
                found: dict[str, Any] = await self.evaluate("stats()")
                if condition(found):
                    return found
                await asyncio.sleep(0.2)

    async def wait_for(self, expression: str, timeout_s: float = 90.0) -> Any:
        """The expression's value once it is neither false nor an error (a page that loads)."""
        problem: object = None
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    try:
                        if value := await self.evaluate(expression):
                            return value
                    except RuntimeError as error:
                        problem = error
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise TimeoutError(f"never true: {expression} ({problem})") from None

    async def click(self, selector: str) -> None:
        """Presses an element once it is there, to be seen and enabled."""
        quoted = json.dumps(selector)
        await self.wait_for(
            f"(() => {{ const e = document.querySelector({quoted});"
            " return e && e.offsetParent !== null && !e.disabled && e.ariaDisabled !== 'true'"
            " && (e.click(), true); })()"
        )

    async def fill(self, selector: str, text: str) -> None:
        """Writes into a field as a person does, events included."""
        await self.wait_for(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            f" if (!e) return false; e.value = {json.dumps(text)};"
            " e.dispatchEvent(new Event('input', {bubbles: true}));"
            " e.dispatchEvent(new Event('change', {bubbles: true})); return true; })()"
        )

    async def shows(self, selector: str, text: str = "") -> str:
        """The text of an element once it can be seen and has this in it."""
        shown: str = await self.wait_for(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            f" return e && e.offsetParent !== null && e.innerText.includes({json.dumps(text)})"
            " && (e.innerText || ' '); })()"
        )
        return shown


class Firefox:
    """One browser process and its BiDi session."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        number = self._number
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json(timeout=60)
            if answer.get("id") != number:
                continue
            if answer["type"] != "success":
                raise RuntimeError(answer.get("message"))
            result: dict[str, Any] = answer["result"]
            return result

    async def open(self, url: str) -> FirefoxPage:
        made = await self.ask("browsingContext.create", {"type": "tab"})
        page = FirefoxPage(self, made["context"])
        await page.goto(url)
        return page


@asynccontextmanager
async def firefox(binary: str) -> AsyncIterator[Firefox]:
    """A headless Firefox with fake devices and a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [f'user_pref("{k}", {json.dumps(v)});' for k, v in PREFERENCES.items()]
        (Path(profile) / "user.js").write_text("\n".join(lines))
        process = await asyncio.create_subprocess_exec(
            binary,
            *("--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            url = await _listening(process)
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(f"{url}/session", max_msg_size=0) as socket,
            ):
                browser = Firefox(socket)
                await browser.ask("session.new", {"capabilities": {}})
                yield browser
        finally:
            process.kill()
            await process.wait()
            # The rest of the pipe is read so that its transport can close.
            if process.stderr is not None:
                await process.stderr.read()


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while line := (await process.stderr.readline()).decode():
            found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
            if found:
                return found[1]
    raise RuntimeError("Firefox ended at once")
