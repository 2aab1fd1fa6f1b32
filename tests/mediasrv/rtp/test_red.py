"""Redundant audio reaches each side in a form it understands."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from mediasrv.rtp.header import HEADER
from mediasrv.rtp.red import RedMap
from mediasrv.sdp.negotiation import negotiate
from mediasrv.sdp.offer import parse_offer
from mediasrv.synthetic.peer import Peer
from tests.mediasrv.network import Network


def _red(blocks: list[tuple[int, bytes]]) -> bytes:
    """RFC 2198: heads of all blocks, the newest last, then their contents."""
    heads = b"".join(
        struct.pack("!BHB", 0x80 | kind, 960 << 2 | len(data) >> 8, len(data) & 0xFF)
        for kind, data in blocks[:-1]
    )
    return heads + bytes([blocks[-1][0]]) + b"".join(data for _, data in blocks)


def _apply(mapping: RedMap, payload: bytes) -> bytes | None:
    view = memoryview(bytearray(b"head" + payload))
    end = mapping.apply(view, 4, len(view))
    assert view[:4] == b"head"
    return bytes(view[4:end]) if end else None


def test_blocks_get_the_receivers_payload_type() -> None:
    mapping = RedMap(63, {111: 96}, unwrap=False)
    assert _apply(mapping, _red([(111, b"old"), (111, b"new!")])) == _red(
        [(96, b"old"), (96, b"new!")]
    )


def test_a_receiver_without_redundancy_gets_the_newest_block_alone() -> None:
    mapping = RedMap(63, {111: 96}, unwrap=True)
    assert _apply(mapping, _red([(111, b"older"), (111, b"old"), (111, b"new!")])) == b"new!"
    assert _apply(mapping, _red([(111, b"only")])) == b"only"


def test_a_payload_that_lies_is_refused() -> None:
    mapping = RedMap(63, {111: 96}, unwrap=True)
    assert _apply(mapping, b"") is None
    assert _apply(mapping, b"\xef\x00") is None
    assert _apply(mapping, struct.pack("!BHB", 0x80 | 111, 1023, 255) + bytes([111])) is None
    assert _apply(mapping, _red([(13, b"unknown")])) is None
    assert _apply(mapping, _red([(111, b"x")] * 10)) is None


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_can_be_taken_for_redundant_audio(payload: bytes, unwrap: bool) -> None:
    found = _apply(RedMap(63, {111: 96}, unwrap=unwrap), payload)
    assert found is None or len(found) <= len(payload)


def _with_red(offer: str) -> str:
    return offer.replace(" 111\r\n", " 111 63\r\n").replace(
        "a=rtpmap:111 opus/48000/2\r\n",
        "a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n",
    )


class RedPeer(Peer):
    """A participant that knows redundant audio, as Chromium does."""

    def offer(self) -> str:
        return _with_red(super().offer())


def test_the_answer_asks_for_redundant_audio_where_it_was_offered() -> None:
    agreement = negotiate(parse_offer(RedPeer().offer()), None)
    network = Network()
    answer = network.engine.join("call", "client", RedPeer().offer(), network.now)
    assert "UDP/TLS/RTP/SAVPF 63 111\r\n" in answer
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in answer
    assert agreement.media[0].codecs[0].red == 63
    assert " red/" not in network.engine.join("other", "client", Peer().offer(), network.now)


def test_a_side_that_knows_redundancy_talks_with_one_that_does_not() -> None:
    network = Network()
    client = network.join("client", RedPeer())
    provider = network.join("provider")
    network.run(0.5)
    srtp = client.transport.srtp
    assert srtp is not None
    heard = provider.counts.audio_packets_received
    payload = _red([(111, b"before"), (111, b"\xf8\xff\xfe")])
    packet = HEADER.pack(0x80, 63, 5, 960, 0x4000_0001) + payload
    forwarded = network.inject(srtp.protect(packet), network.address_of(client))
    assert forwarded is not None
    other = provider.transport.srtp
    assert other is not None
    plain = other.unprotect(forwarded)
    assert plain is not None
    assert plain[1] & 0x7F == 111
    assert plain[12:] == b"\xf8\xff\xfe"
    network.run(0.2)
    assert provider.counts.audio_packets_received > heard
