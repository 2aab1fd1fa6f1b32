"""A call that was talked, paid and settled, for tests of what comes after."""

from __future__ import annotations

from dataclasses import dataclass

from tests.signaling.actors import Person
from tests.signaling.conftest import Reporter, Site

DAY_S = 86_400
CHARGED = 1_000_000  # 100 s at 0.60 a minute
EARNED = 850_000  # after 15 %


@dataclass
class Paid:
    """Ann talked with Bob for 100 seconds; Olga is the operator."""

    site: Site
    ann: Person
    bob: Person
    olga: Person
    call: str

    async def earned(self) -> dict[str, int]:
        return dict(await self.bob.api("GET", "/earnings"))

    async def balance(self) -> int:
        return int((await self.ann.api("GET", "/wallet"))["available_micros"])

    async def window_over(self) -> None:
        """A week later the earnings are available."""
        self.site.clock.advance(8 * DAY_S)
        await self.site.parts.books.earnings.release(now_ms=self.site.clock())


async def paid_call(site: Site, reporter: Reporter) -> Paid:
    bob, slug = await site.provider()
    ann = await site.client()
    call_id = await site.ring(ann, slug)
    await bob.ask("call.accept", call=call_id)
    await reporter.adopt(call_id)
    await reporter.tell(call_id, 100)
    await ann.state("live")
    await ann.ask("call.hang_up", call=call_id)
    await ann.receipt()
    await site.parts.calls.idle()
    olga = await site.person("olga", "operator", connected=False)
    return Paid(site, ann, bob, olga, call_id)
