"""A browser that does not read."""

from __future__ import annotations

from tests.signaling.conftest import Site


async def test_a_reader_that_does_not_read_is_cut_off_and_nobody_else_notices(site: Site) -> None:
    from aiohttp import web

    from signaling.kernel.sockets.socket import QUEUE_BUSY, QUEUE_MAX, Socket

    ann = await site.person("ann", "client", connected=False)
    user = await site.parts.accounts.get(ann.user["id"])
    assert user is not None
    socket = Socket(
        web.WebSocketResponse(), user, "session"
    )  # nobody writes its queue to a browser
    socket.greet({"type": "hello"})
    for _ in range(QUEUE_MAX * 2):
        socket.send({"type": "call.meter"}, droppable=True)
    assert socket.queued == QUEUE_BUSY
    assert not socket.closing
    for _ in range(QUEUE_MAX):
        socket.send({"type": "call.state"})
    assert socket.queued == QUEUE_MAX
    assert socket.closing
