"""What a browser may ask for over its WebSocket, as rows (protocol, section 2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from signaling.kernel.http.identity import SIGNED_IN, Role, User
from signaling.kernel.http.inputs import Input
from signaling.kernel.sockets.socket import Socket

B = TypeVar("B", bound=Input)


class Nothing(Input):
    pass


class Switch(Input):
    on: bool


@dataclass(frozen=True, slots=True)
class SocketRequest:
    """One request of one socket, its body validated."""

    socket: Socket
    body: Input

    @property
    def user(self) -> User:
        """Who asks."""
        return self.socket.user

    def read(self, model: type[B]) -> B:
        """The body as the command declares it."""
        if not isinstance(self.body, model):
            raise TypeError(f"the command does not declare {model.__name__}")
        return self.body


Fields = Mapping[str, Any]
CommandHandler = Callable[[SocketRequest], Awaitable[Fields]]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table."""

    body: type[Input]
    handler: CommandHandler
    roles: frozenset[Role]


async def _ping(_: SocketRequest) -> Fields:
    return {}


PING: Mapping[str, Command] = {"ping": Command(Nothing, _ping, SIGNED_IN)}
