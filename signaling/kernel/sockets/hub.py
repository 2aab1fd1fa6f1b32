"""The open sockets of this process, by person."""

from __future__ import annotations

from collections import defaultdict

from aiohttp import WSCloseCode

from signaling.kernel.sockets.socket import Socket

SOCKETS_PER_PERSON = 16  # tabs and devices
SOCKETS_MAX = 20_000


class Hub:
    """Sockets by person."""

    def __init__(self) -> None:
        self._by_user: defaultdict[str, list[Socket]] = defaultdict(list)
        self._count = 0

    def add(self, socket: Socket) -> bool:
        """Take a socket in; False when there are too many."""
        sockets = self._by_user[socket.user.id]
        if len(sockets) >= SOCKETS_PER_PERSON or self._count >= SOCKETS_MAX:
            return False
        sockets.append(socket)
        self._count += 1
        return True

    def remove(self, socket: Socket) -> None:
        """Let a socket go."""
        sockets = self._by_user.get(socket.user.id, [])
        if socket in sockets:
            sockets.remove(socket)
            self._count -= 1
        if not sockets:
            self._by_user.pop(socket.user.id, None)

    def all(self) -> list[Socket]:
        """Every socket here."""
        return [socket for sockets in self._by_user.values() for socket in sockets]

    def of(self, user_id: str) -> list[Socket]:
        """A person's sockets here."""
        return list(self._by_user.get(user_id, ()))

    def people(self) -> list[str]:
        """Everybody with a socket here."""
        return list(self._by_user)

    def signed_out(self, session: str) -> None:
        """Close what was opened with a session that is over."""
        for socket in self.all():
            if socket.session == session:
                socket.close_soon(WSCloseCode.POLICY_VIOLATION, b"signed out")
