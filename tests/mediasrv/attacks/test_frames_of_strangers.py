"""Over TCP, a stranger's frames end the connection before the engine has to do with them."""

from __future__ import annotations

import asyncio
import struct

import pytest

from mediasrv.net import tcp
from mediasrv.relay import Relay, RelayConfig

CHECK = struct.pack("!HHI12s", 0x0001, 0, 0x2112A442, b"transaction!")


async def _turns(frames: bytes) -> tuple[int, dict[str, int]]:
    """Sends frames over a connection of their own until it is closed: packets the engine took."""
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(frames)
    async with asyncio.timeout(60):
        assert await reader.read(1) == b""
    totals = relay.totals()
    writer.close()
    await relay.close()
    return totals.packets_in, totals.dropped


@pytest.mark.parametrize(
    ("frame", "counted_as"),
    [
        (b"", "tcp_malformed"),
        (b"\x00", "tcp_malformed"),
        (CHECK[:12], "tcp_malformed"),
        (CHECK[:16], "tcp_unproven"),
        (b"\x16\xfe\xfd" + bytes(100), "tcp_unproven"),
        (b"\x90\x6f" + bytes(100), "tcp_unproven"),
        (b"GET / HTTP/1.1\r\nHost: relay.example.org\r\n\r\n", "tcp_unproven"),
        (b"\x00\x01\x00\x08" + CHECK[4:], "tcp_unproven"),
    ],
)
async def test_a_first_frame_that_is_no_check_costs_no_turn(frame: bytes, counted_as: str) -> None:
    framed = struct.pack("!H", len(frame)) + frame
    assert await _turns(1000 * framed) == (0, {counted_as: 1})


async def test_checks_of_nobody_known_end_the_connection_after_a_few() -> None:
    framed = struct.pack("!H", len(CHECK)) + CHECK
    taken, dropped = await _turns(1000 * framed)
    assert taken == tcp.MAX_TRIES
    assert dropped == {"stun_unauthenticated": tcp.MAX_TRIES, "tcp_unproven": 1}
