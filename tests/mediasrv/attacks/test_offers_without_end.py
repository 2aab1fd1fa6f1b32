"""Whatever an offer repeats, reading it takes a moment: everybody's media waits meanwhile."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest

from mediasrv.errors import OfferError
from mediasrv.sdp.offer import MAX_OFFER_BYTES
from mediasrv.synthetic.peer import Peer
from tests.mediasrv.network import Network

#: Seconds of processor; 0.01 is usual for the worst here, 27 was the longest once.
MOMENT_S = 0.1
ALL_TYPES = " ".join(str(n) for n in range(128))


def _many(line: Callable[[int], str], room: int = 64_000) -> str:
    lines = [f"a={line(n)}\r\n" for n in range(room // (4 + len(line(0))))]
    return "".join(lines)


def _long_parameters(offer: str) -> str:
    longer = "SAVPF " + "96 " * 9000
    h264 = offer.replace("SAVPF 96 97", longer).replace("VP8/90000", "H264/90000")
    return h264 + f"a=fmtp:96 {'a;' * 14_000}\r\n"


def _every_type(offer: str) -> str:
    maps = _many(lambda n: f"rtpmap:{n % 128} H264/90000", 3200)
    return offer.replace("SAVPF 96 97", f"SAVPF {ALL_TYPES}") + maps


SHAPES: dict[str, Callable[[str], str]] = {
    "formats": lambda offer: offer.replace("SAVPF 111", "SAVPF" + " 111" * 14_000),
    "parameters of every format": _long_parameters,
    "parameters of every type": lambda offer: (
        _every_type(offer) + _many(lambda n: f"fmtp:{n % 128} {';' * 420}", 52_000)
    ),
    "feedback of every type": lambda offer: (
        _every_type(offer) + _many(lambda n: "rtcp-fb:* nack", 52_000)
    ),
    "sections of the bundle": lambda offer: offer.replace("BUNDLE 0 1", "BUNDLE" + " 0" * 29_000),
    "header extensions": lambda offer: offer + _many(lambda n: f"extmap:{n % 200} urn:x"),
    "streams": lambda offer: offer + _many(lambda n: f"ssrc:{n} cname:x"),
    "pairs of streams": lambda offer: offer + _many(lambda n: f"ssrc-group:FID {n} {n + 1}"),
    "fingerprints": lambda offer: offer + _many(lambda n: "fingerprint:sha-256 " + "00:" * 300),
    "nothing": lambda offer: offer + "\n" * 60_000,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_offer_that_repeats_itself_is_read_in_a_moment(shape: str) -> None:
    network = Network()
    _, provider = network.pair()
    offer = SHAPES[shape](Peer().offer())[:MAX_OFFER_BYTES]
    assert len(offer) > 50_000
    begun = time.process_time()
    with contextlib.suppress(OfferError):
        network.engine.join("attack", "client", offer, network.now)
    assert time.process_time() - begun < MOMENT_S
    network.run(1)
    assert network.media("client").state == "flowing"
    assert provider.counts.frames_decoded > 20


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        (Peer().offer() + "a=x\r\n" * 1000, "at most 1000 lines"),
        (Peer().offer() + f"a={'x' * 1000}\r\n", "at most 1000 characters"),
    ],
)
def test_what_no_browser_writes_is_refused_by_its_line(offer: str, said: str) -> None:
    network = Network()
    with pytest.raises(OfferError, match=said):
        network.engine.join("call", "client", offer, network.now)
    assert not network.engine.calls()
