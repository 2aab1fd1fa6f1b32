"""Two Chromium pages see and hear each other through the relay."""

from __future__ import annotations

import asyncio

from browser_call import call_site, chromium, decoded, open_side, until

from mediasrv.relay import Relay, RelayConfig


async def test_two_browsers_exchange_640x480_both_ways_without_loss() -> None:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    try:
        async with chromium() as browser, call_site(relay) as url:
            pages = [await open_side(browser, url, side) for side in ("client", "provider")]
            seen = await asyncio.gather(*(until(page, decoded(100, 30)) for page in pages))
            for found in seen:
                video, audio = found["in"]["video"], found["in"]["audio"]
                assert (video["frameWidth"], video["frameHeight"]) == (640, 480)
                assert video["packetsLost"] == 0
                assert audio["packetsLost"] == 0
            assert relay.totals().dropped == {}
            states = {side: m and m.state for side, m in relay.stats("call").media.items()}
            assert states == {"client": "flowing", "provider": "flowing"}
    finally:
        await relay.close()
