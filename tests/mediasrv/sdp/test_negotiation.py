"""Offers are answered so that browsers never have to renegotiate, or refused by the line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediasrv.errors import NothingInCommonError, OfferError
from mediasrv.sdp.negotiation import negotiate
from mediasrv.sdp.offer import parse_offer
from mediasrv.synthetic.peer import Peer
from tests.mediasrv.network import CERTIFICATE, Network

H264 = (
    "a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack pli\r\n"
    "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"
    "a=rtpmap:106 H264/90000\r\na=rtcp-fb:106 nack pli\r\n"
    "a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
)


def _lines(sdp: str) -> list[str]:
    return sdp.split("\r\n")


def _both_codecs(offer: str) -> str:
    return offer.replace("SAVPF 96 97", "SAVPF 96 97 102 106") + H264


def _h264_only(offer: str) -> str:
    offer = offer.replace("SAVPF 96 97", "SAVPF 102 106")
    kept = [x for x in _lines(offer) if not re.match(r"a=(rtpmap|rtcp-fb|fmtp):9[67] ", x)]
    return "\r\n".join(kept) + H264


def test_the_answer_has_everything_for_the_whole_call() -> None:
    network = Network()
    answer = network.engine.join("call", "client", Peer().offer(), network.now)
    ssrcs = network.engine._calls["call"].places["client"].feed.ssrcs
    for line in (
        "a=ice-lite",
        "a=setup:passive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=group:BUNDLE 0 1",
        "a=sendrecv",
        "a=end-of-candidates",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:96 VP8/90000",
        "a=fmtp:97 apt=96",
        "a=rtcp-fb:96 nack pli",
        "a=rtcp-fb:111 transport-cc",
        f"a=ssrc-group:FID {ssrcs.video} {ssrcs.video_rtx}",
        f"a=ssrc:{ssrcs.audio} cname:tipmeet-provider",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host generation 0",
        f"a=fingerprint:sha-256 {CERTIFICATE.fingerprint.value}",
    ):
        assert line in _lines(answer), line


def test_every_announced_address_is_a_candidate_in_order_of_preference() -> None:
    network = Network()
    object.__setattr__(network.engine._config, "addresses", ("192.0.2.1", "2001:db8::1"))
    answer = network.engine.join("call", "client", Peer().offer(), network.now)
    candidates = [x for x in _lines(answer) if x.startswith("a=candidate")][:2]
    assert "192.0.2.1" in candidates[0]
    assert "2001:db8::1" in candidates[1]
    assert int(candidates[0].split()[3]) > int(candidates[1].split()[3])


def test_sections_beyond_one_microphone_and_one_camera_are_rejected_in_place() -> None:
    offer = Peer().offer() + (
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:3\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
    )
    network = Network()
    answer = network.engine.join("call", "client", offer, network.now)
    sections = [x for x in _lines(answer) if x.startswith("m=")]
    assert [s.split()[1] for s in sections] == ["40000", "40000", "0", "0"]
    assert sections[2] == "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
    assert "a=group:BUNDLE 0 1" in _lines(answer)


def test_a_section_that_waits_for_the_bundle_is_accepted_and_one_at_rest_is_not() -> None:
    offer = Peer().offer().replace("m=video 9 ", "m=video 0 ")
    network = Network()
    assert "m=video 0 " in network.engine.join("one", "client", offer, network.now)
    waiting = offer.replace("a=mid:1", "a=mid:1\r\na=bundle-only")
    assert "m=video 40000 " in network.engine.join("two", "client", waiting, network.now)


def test_directions_are_answered_by_their_mirror() -> None:
    network = Network()
    answer = network.engine.join("call", "client", Peer(video=False).offer(), network.now)
    assert "a=sendrecv" in _lines(answer)
    assert "a=sendonly" in _lines(answer)


def test_constrained_baseline_is_preferred_among_h264() -> None:
    agreement = negotiate(parse_offer(_h264_only(Peer().offer())), None)
    medium = agreement.medium("video")
    assert medium is not None
    assert [c.payload_type for c in medium.codecs] == [106]


def test_the_second_side_gets_only_what_the_first_has_too() -> None:
    first = negotiate(parse_offer(Peer().offer()), None)
    second = negotiate(parse_offer(_both_codecs(Peer().offer())), first)
    medium = second.medium("video")
    assert medium is not None
    assert [c.key for c in medium.codecs] == ["vp8"]


def test_sides_without_a_common_codec_are_told_which_they_have() -> None:
    first = negotiate(parse_offer(Peer().offer()), None)
    sections = _h264_only(Peer().offer()).split("m=")
    only_video = sections[0] + "m=" + sections[2]
    with pytest.raises(NothingInCommonError, match="offered h264; the other side uses vp8"):
        negotiate(parse_offer(only_video), first)


def test_a_side_that_sends_what_the_newcomer_cannot_decode_has_to_come_again() -> None:
    network = Network()
    client, provider = Peer(), Peer()
    offer = _both_codecs(client.offer())
    answer = network.engine.join("call", "client", offer, network.now)
    assert answer.index("VP8/90000") < answer.index("H264/90000")
    network.engine.join("call", "provider", _h264_only(provider.offer()), network.now)
    assert network.engine.stats("call", network.now).media["client"] is None
    again = network.engine.join("call", "client", offer, network.now)
    assert "VP8" not in again
    assert "H264/90000" in again
    assert network.engine.stats("call", network.now).media["provider"] is not None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("v=0", "v=1", "starts with"),
        ("m=audio 9 ", "m=audio nine ", "port must be a number"),
        ("SAVPF 111", "SAVPF 300", "payload type must be a number up to 127"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus", "a=rtpmap"),
        ("a=rtpmap:96 VP8/90000", "a=rtpmap:x VP8/90000", "payload type"),
        ("a=mid:1", "a=mid:0", "same"),
        ("a=mid:0", "a=mid:", "token"),
        ("a=setup:actpass", "a=setup:passive", "the relay is passive"),
        ("a=extmap:3 ", "a=extmap:99999 ", "header extension id"),
        ("c=IN IP4 0.0.0.0", "nonsense", "<letter>=<value>"),
    ],
)
def test_a_bad_line_is_named(before: str, after: str, said: str) -> None:
    offer = Peer().offer()
    assert before in offer
    with pytest.raises(OfferError, match=said) as refused:
        negotiate(parse_offer(offer.replace(before, after, 1)), None)
    assert refused.value.line > 0


@pytest.mark.parametrize(
    ("dropped", "said"),
    [
        ("a=ice-pwd", "ice-pwd"),
        ("a=fingerprint", "encrypted"),
        ("a=rtcp-mux", "rtcp-mux"),
        ("a=group", "BUNDLE"),
        ("o=", "o="),
        ("m=", "no media section"),
    ],
)
def test_a_missing_line_is_named(dropped: str, said: str) -> None:
    kept = [x for x in _lines(Peer().offer()) if not x.startswith(dropped)]
    with pytest.raises((OfferError, NothingInCommonError), match=said):
        negotiate(parse_offer("\r\n".join(kept)), None)


def test_an_offer_of_unreasonable_size_is_refused() -> None:
    with pytest.raises(OfferError, match="at most"):
        parse_offer("v=0\r\n" + "a=x\r\n" * 100_000)


def test_a_refused_offer_leaves_nothing_behind() -> None:
    network = Network()
    with pytest.raises(OfferError):
        network.engine.join("call", "client", "v=0\r\n", network.now)
    assert network.engine.calls() == []


_PIECES = st.sampled_from(_lines(_both_codecs(Peer().offer())))


@settings(max_examples=40)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=40)), max_size=60))
def test_any_text_is_an_offer_or_refused(lines: list[str]) -> None:
    try:
        negotiate(parse_offer("\r\n".join(lines)), None)
    except (OfferError, NothingInCommonError):
        return
