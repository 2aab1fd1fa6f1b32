"""The media link (`rtc.js`) between two real browsers and a real relay."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from mediasrv.relay import Relay, RelayConfig
from tests.admin_web.module_site import ModuleSite
from tests.admin_web.waiting import until
from tipmeet.ports import free_port

# One browser for the whole file: starting one takes longer than a test.

OPEN = """async ([side, wanted]) => {
  const { MediaLink } = await import("/static/talk/rtc.js");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: wanted.video });
  const link = new MediaLink({
    join: async (offer) => {
      const answer = await fetch(`/join/${side}`, { method: "PUT", body: offer });
      if (!answer.ok) throw Object.assign(new Error(await answer.text()), { code: "bad_offer" });
      return { answer: await answer.text() };
    },
  });
  const remote = document.getElementById("remote");
  link.addEventListener("remote", ({ detail }) => (remote.srcObject = detail));
  const [audio] = stream.getAudioTracks();
  await link.setTracks({ audio, video: stream.getVideoTracks()[0] ?? null });
  const shown = () => remote.getVideoPlaybackQuality().totalVideoFrames;
  Object.assign(window, { link, stream, shown, pcs: new Set() });
  link.addEventListener("state", () => link.pc && pcs.add(link.pc));
  link.start();
}"""

RECEIVES = """async ([frames, packets]) => {
  if (!link.pc) return false;
  const reports = [...(await link.pc.getStats()).values()];
  const of = (kind) => reports.find((r) => r.type === "inbound-rtp" && r.kind === kind) ?? {};
  const { framesDecoded = 0 } = of("video");
  return framesDecoded >= frames && (of("audio").packetsReceived ?? 0) >= packets;
}"""


@pytest.fixture
async def relay(modules: ModuleSite) -> AsyncIterator[Relay]:
    relay = Relay(RelayConfig(host="127.0.0.1", port=free_port(), announced=("127.0.0.1",)))
    await relay.start()
    modules.relay = relay
    yield relay
    await relay.close()


async def open_side(browser: Browser, site: ModuleSite, side: str, *, video: bool = True) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(site.url)
    await page.evaluate(OPEN, [side, {"video": video}])
    return page


async def receives(page: Page, *, frames: int, packets: int = 50) -> None:
    await until(page, RECEIVES, [frames, packets])


async def test_both_sides_see_and_hear_each_other_after_one_offer_each(
    browser: Browser, modules: ModuleSite, relay: Relay
) -> None:
    client = await open_side(browser, modules, "client")
    provider = await open_side(browser, modules, "provider")
    await receives(client, frames=10)
    await receives(provider, frames=10)
    assert modules.joins == {"client": 1, "provider": 1}
    codec = await client.evaluate(
        "link.pc.localDescription.sdp.match(/m=video[^]*?(a=rtpmap:\\d+ \\w+)/)[1]"
    )
    assert codec.endswith("VP8")
    fmtp = await client.evaluate(
        "link.pc.remoteDescription.sdp.match(/a=fmtp:\\d+ .*useinbandfec.*/)[0]"
    )
    assert "useinbandfec=1" in fmtp
    assert "usedtx=1" in fmtp


async def test_audio_is_offered_and_sent_with_the_packet_before_in_each(
    browser: Browser, modules: ModuleSite, relay: Relay
) -> None:
    client = await open_side(browser, modules, "client")
    provider = await open_side(browser, modules, "provider")
    await receives(client, frames=1)
    await receives(provider, frames=1)
    types = await client.evaluate(
        """[...link.pc.localDescription.sdp.matchAll(/a=rtpmap:(\\d+) (\\w+)/g)]
          .map(([, type, name]) => [Number(type), name])"""
    )
    [red, first], [opus, second] = types[:2]
    assert (first, second) == ("red", "opus")
    # The relay patches headers where they lie: in the first buffer is that of a packet just sent.
    seen: Counter[int] = Counter()
    async with asyncio.timeout(60):
        while seen[red] < 20:
            seen[relay._slots.view[1] & 0x7F] += 1
            await asyncio.sleep(0.005)
    assert seen[opus] < seen[red], seen


async def test_the_camera_goes_off_and_on_without_a_new_offer(
    browser: Browser, modules: ModuleSite, relay: Relay
) -> None:
    client = await open_side(browser, modules, "client", video=False)
    provider = await open_side(browser, modules, "provider")
    await receives(client, frames=5)
    await receives(provider, frames=0)
    await client.evaluate(
        """async () => {
          const more = await navigator.mediaDevices.getUserMedia({ video: true });
          await link.setTracks({ video: more.getVideoTracks()[0] });
        }"""
    )
    await receives(provider, frames=5)
    await client.evaluate("link.setTracks({ video: null })")
    assert modules.joins == {"client": 1, "provider": 1}
    senders = "link.pc.getSenders().map((sender) => sender.track?.kind ?? null).join()"
    await until(client, f"{senders} === 'audio,'")


async def test_a_side_that_the_relay_dropped_joins_again_by_itself(
    browser: Browser, modules: ModuleSite, relay: Relay
) -> None:
    client = await open_side(browser, modules, "client")
    provider = await open_side(browser, modules, "provider")
    await receives(client, frames=5)
    relay.leave("call", "client")
    await client.wait_for_function("pcs.size === 2 && link.state === 'connected'", timeout=90_000)
    await receives(client, frames=5)
    frames = await provider.evaluate("shown()")
    await provider.wait_for_function(
        "(n) => shown() > n + 10",
        arg=frames,
        timeout=90_000,
    )
    assert modules.joins["client"] == 2
    assert modules.joins["provider"] == 1


async def test_a_refusal_for_good_is_told_and_not_repeated(
    browser: Browser, modules: ModuleSite
) -> None:
    page = await browser.new_page()
    await page.goto(modules.url)
    told = await page.evaluate(
        """async () => {
          const { MediaLink } = await import("/static/talk/rtc.js");
          let asked = 0;
          const link = new MediaLink({
            join: async () => {
              asked++;
              throw Object.assign(new Error("over"), { code: "wrong_state" });
            },
          });
          const refused = new Promise((resolve) =>
            link.addEventListener("refused", ({ detail }) => resolve(detail.code)));
          link.start();
          return [await refused, asked];
        }"""
    )
    assert told == ["wrong_state", 1]
