"""The synthetic participant's offer, with what it reads from an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mediasrv.transport.dtls import Fingerprint
from mediasrv.transport.ice import IceCredentials

AUDIO_TYPE, VIDEO_TYPE, RTX_TYPE = 111, 96, 97
COUNTER_ID = 3

_TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


@dataclass(frozen=True, slots=True)
class OwnSsrcs:
    """SSRCs the participant sends with."""

    audio: int
    video: int
    rtx: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says of the relay: how to reach it and which SSRCs to expect."""

    ice: IceCredentials
    fingerprint: Fingerprint
    setup: str
    address: tuple[str, int]
    audio_ssrc: int | None
    video_ssrc: int | None
    rtx_ssrc: int | None


def write_offer(
    session: int,
    ice: IceCredentials,
    fingerprint: Fingerprint,
    ssrcs: OwnSsrcs,
    *,
    audio: bool,
    video: bool,
) -> str:
    """An offer as a browser would write it, ``session`` in its ``o=`` line.

    Without video the section only receives.
    """
    transport = [
        f"a=ice-ufrag:{ice.ufrag}",
        f"a=ice-pwd:{ice.password}",
        f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
        "a=setup:actpass",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=extmap:{COUNTER_ID} {_TRANSPORT_CC}",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    ]
    lines = [
        "v=0",
        f"o=- {session} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO_TYPE}",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        f"a={'sendrecv' if audio else 'recvonly'}",
        *transport,
        f"a=rtpmap:{AUDIO_TYPE} opus/48000/2",
        f"a=rtcp-fb:{AUDIO_TYPE} transport-cc",
        f"a=fmtp:{AUDIO_TYPE} minptime=10;useinbandfec=1",
    ]
    if audio:
        lines.append(f"a=ssrc:{ssrcs.audio} cname:synthetic")
    lines += [
        f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO_TYPE} {RTX_TYPE}",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        f"a={'sendrecv' if video else 'recvonly'}",
        *transport,
        f"a=rtpmap:{VIDEO_TYPE} VP8/90000",
    ]
    lines += [f"a=rtcp-fb:{VIDEO_TYPE} {f}" for f in ("nack", "nack pli", "ccm fir")]
    lines += [f"a=rtpmap:{RTX_TYPE} rtx/90000", f"a=fmtp:{RTX_TYPE} apt={VIDEO_TYPE}"]
    if video:
        lines.append(f"a=ssrc-group:FID {ssrcs.video} {ssrcs.rtx}")
        lines += [f"a=ssrc:{ssrc} cname:synthetic" for ssrc in (ssrcs.video, ssrcs.rtx)]
    return "\r\n".join(lines) + "\r\n"


def read_answer(sdp: str) -> Answer:
    """Raises ``ValueError`` when the answer lacks what a connection needs."""
    candidate = re.search(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", sdp, re.MULTILINE)
    algorithm, _, digest = _value(sdp, "fingerprint").partition(" ")
    if candidate is None:
        raise ValueError("the answer has no UDP candidate")
    _, *sections = re.split(r"^m=", sdp, flags=re.MULTILINE)
    audio = next((s for s in sections if s.startswith("audio")), "")
    video = next((s for s in sections if s.startswith("video")), "")
    audio_ssrcs, video_ssrcs = (
        list(dict.fromkeys(int(n) for n in re.findall(r"^a=ssrc:(\d+) ", s, re.MULTILINE)))
        for s in (audio, video)
    )
    return Answer(
        ice=IceCredentials(_value(sdp, "ice-ufrag"), _value(sdp, "ice-pwd")),
        fingerprint=Fingerprint(algorithm, digest),
        setup=_value(sdp, "setup"),
        address=(candidate[1], int(candidate[2])),
        audio_ssrc=audio_ssrcs[0] if audio_ssrcs else None,
        video_ssrc=video_ssrcs[0] if video_ssrcs else None,
        rtx_ssrc=video_ssrcs[1] if len(video_ssrcs) > 1 else None,
    )


def _value(sdp: str, name: str) -> str:
    found = re.search(rf"^a={name}:(.+?)\r?$", sdp, re.MULTILINE)
    if found is None:
        raise ValueError(f"the answer has no {name}")
    return found[1]
