"""Runs the Lua scripts: loads them, runs one or a batch, loads them again after NOSCRIPT.

A script lies beside the part that runs it, and is named by its place: `calls/open`. Its first lines
name the partition keys it touches (`--! keys:`), the packed rows it reads or writes (`--! rows:`)
and the shared files it includes (`--! include:`). Its answer is one msgpack value:
`["ok", payload]` or `["err", code, facts]`, the latter raised as the typed error; a refused script
has changed nothing.

Running one twice is always safe: every script is idempotent by its key, call or watermark. So the
client handed in may retry on a broken connection.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgpack
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import NoScriptError

from metering.errors import error_of
from metering.store.keys import key
from metering.store.rows import ROWS, WORDS

Client = Redis | RedisCluster
Argument = str | int | bytes

_METERING = Path(__file__).parent.parent
_WORD = re.compile(rf"\b(?:{'|'.join(WORDS)})\b")


@dataclass(frozen=True)
class Script:
    """One script's whole source, with the key names it declares."""

    name: str
    keys: tuple[str, ...]
    source: str

    @cached_property
    def sha(self) -> str:
        """What EVALSHA calls it."""
        return hashlib.sha1(self.source.encode()).hexdigest()  # noqa: S324 - not for security

    def with_source(self, source: str) -> Script:
        """The same script with another text: how tests plant bugs."""
        return Script(self.name, self.keys, source)


@cache
def read_script(name: str) -> Script:
    """Reads `<name>.lua` (`calls/open`), with all it asks for."""
    return build_script(name, _text_of(name))


def _text_of(name: str) -> str:
    return (_METERING / f"{name}.lua").read_text(encoding="utf-8")


def build_script(name: str, body: str) -> Script:
    """A script of this body, with what its header lines ask for put in front of it."""
    header = _header(body)
    keys = tuple(header["keys"])
    parts = {f"K_{each}": f"local K_{each} = KEYS[{at}]" for at, each in enumerate(keys, start=1)}
    _gather(header, parts)
    source = "\n".join([*parts.values(), body])
    return Script(name, keys, _WORD.sub(lambda word: WORDS[word[0]], source))


def _gather(header: dict[str, list[str]], parts: dict[str, str]) -> None:
    """Adds the rows and files asked for, each once, behind what they themselves ask for."""
    for row in header["rows"]:
        parts.setdefault(f"row {row}", ROWS[row].lua())
    for include in header["include"]:
        if include not in parts:
            text = _text_of(include)
            _gather(_header(text), parts)
            parts[include] = text


def _header(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"keys": [], "rows": [], "include": []}
    for line in text.splitlines():
        if line.startswith("--! "):
            name, _, names = line.removeprefix("--! ").partition(": ")
            found[name] += names.split()
    return found


SCRIPT_NAMES = tuple(
    sorted(
        path.relative_to(_METERING).with_suffix("").as_posix()
        for path in _METERING.rglob("*.lua")
        if path.read_text(encoding="utf-8").startswith("--! keys:")
    )
)


@cache
def _keys_of(script: Script, partition: int) -> tuple[str, ...]:
    return tuple(key(partition, name) for name in script.keys)


class Scripts:
    """The scripts on one store. Safe to share between tasks."""

    def __init__(self, redis: Client) -> None:
        self.redis = redis
        self._changed: dict[str, Script] = {}

    def replace(self, script: Script) -> None:
        """Runs this script instead of the one of its name."""
        self._changed[script.name] = script

    def script(self, name: str) -> Script:
        return self._changed.get(name) or read_script(name)

    async def load(self) -> None:
        """Puts every script on every primary."""
        for name in SCRIPT_NAMES:
            await self._load(self.script(name))

    async def run(self, name: str, partition: int, *arguments: Argument) -> Any:
        """One script in one partition. Raises the typed error it answers with."""
        script = self.script(name)
        return await self._run_command(script, _command(script, partition, arguments))

    async def _run_command(self, script: Script, command: Sequence[Argument]) -> Any:
        try:
            reply = await self.redis.execute_command(*command)
        except NoScriptError:
            await self._load(script)
            reply = await self.redis.execute_command(*command)
        return _payload(reply)

    async def run_on(self, name: str, keys: Sequence[str], *arguments: Argument) -> Any:
        """One script on keys outside the partitions (all of one slot)."""
        script = self.script(name)
        command = ("EVALSHA", script.sha, len(keys), *keys, *arguments)
        return await self._run_command(script, command)

    async def run_many(
        self, name: str, batches: Sequence[tuple[int, Sequence[Argument]]]
    ) -> list[Any]:
        """The same script in several partitions, pipelined: payloads or exceptions, in order."""
        script = self.script(name)
        commands = [_command(script, partition, arguments) for partition, arguments in batches]
        replies = await self._pipeline(commands)
        missing = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if missing:
            await self._load(script)
            again = await self._pipeline([commands[at] for at in missing])
            for at, reply in zip(missing, again, strict=True):
                replies[at] = reply
        return [_payload_or_error(reply) for reply in replies]

    async def _pipeline(self, commands: Sequence[Sequence[Argument]]) -> list[Any]:
        pipeline = self.redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        replies: list[Any] = await pipeline.execute(raise_on_error=False)
        return replies

    async def _load(self, script: Script) -> None:
        # A cluster client sends it to every primary.
        await self.redis.script_load(script.source)


def _command(script: Script, partition: int, arguments: Sequence[Argument]) -> tuple[Argument, ...]:
    keys = _keys_of(script, partition)
    return ("EVALSHA", script.sha, len(keys), *keys, *arguments)


def _payload(reply: Any) -> Any:
    answer = msgpack.unpackb(reply, strict_map_key=False)
    if answer[0] == "err":
        raise error_of(answer[1], answer[2])
    return answer[1]


def _payload_or_error(reply: Any) -> Any:
    if isinstance(reply, Exception):
        return reply
    try:
        return _payload(reply)
    except Exception as error:  # the caller gets it in the answer's place
        return error
