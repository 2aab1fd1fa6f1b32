"""Writes the relay's answer: all a browser needs for the whole call, so it never offers again.

The answer announces the relay's own SSRCs for the other side's microphone and camera before that
side has joined (RFC 5576); they stay the same however often it comes and goes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from mediasrv.sdp.negotiation import Agreement, Medium
from mediasrv.sdp.offer import Section
from mediasrv.transport.dtls import Fingerprint
from mediasrv.transport.ice import IceCredentials

#: What the relay asks of Opus: forward error correction, and silence sent sparsely.
OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=1"

_DIRECTION = {
    (True, True): "sendrecv",
    (True, False): "recvonly",
    (False, True): "sendonly",
    (False, False): "inactive",
}


@dataclass(frozen=True, slots=True)
class OutboundSsrcs:
    """SSRCs under which one side sees the other's media."""

    audio: int
    video: int
    video_rtx: int


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """The relay's end of a participant's transport."""

    session_id: int
    version: int
    ice: IceCredentials
    fingerprint: Fingerprint
    addresses: tuple[str, ...]
    port: int
    tcp: bool = False


def write_answer(
    agreement: Agreement, local: LocalTransport, ssrcs: OutboundSsrcs, stream: str
) -> str:
    """The answer. ``stream`` names the other side's media: one stream, so lips stay in sync."""
    accepted = {m.index: m for m in agreement.media}
    bundle = " ".join(m.mid for m in sorted(agreement.media, key=lambda m: m.index))
    lines = [
        "v=0",
        f"o=- {local.session_id} {local.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {bundle}",
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]
    for section in agreement.offer.sections:
        medium = accepted.get(section.index)
        if medium is None:
            lines += _rejected(section)
        else:
            lines += _accepted(medium, local, ssrcs, stream)
    return "\r\n".join(lines) + "\r\n"


def _rejected(section: Section) -> list[str]:
    """Port zero refuses a section (RFC 3264 section 6); it stays in its place."""
    return [
        f"m={section.kind} 0 {section.protocol} {section.formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=inactive",
    ]


def _accepted(
    medium: Medium, local: LocalTransport, ssrcs: OutboundSsrcs, stream: str
) -> list[str]:
    formats = []
    for codec in medium.codecs:
        if codec.red is not None:
            # First: a browser sends the first format, and knows how to send it without.
            formats.append(str(codec.red))
        formats.append(str(codec.payload_type))
        if codec.rtx is not None:
            formats.append(str(codec.rtx))
    address = local.addresses[0]
    family = ipaddress.ip_address(address).version
    lines = [
        f"m={medium.kind} {local.port} UDP/TLS/RTP/SAVPF {' '.join(formats)}",
        f"c=IN IP{family} {address}",
        f"a=mid:{medium.mid}",
        f"a={_DIRECTION[medium.sends, medium.receives]}",
        f"a=ice-ufrag:{local.ice.ufrag}",
        f"a=ice-pwd:{local.ice.password}",
        f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}",
        "a=setup:passive",
        "a=rtcp-mux",
    ]
    if medium.rtcp_rsize:
        lines.append("a=rtcp-rsize")
    lines += [f"a=extmap:{number} {uri}" for number, uri in medium.extensions]
    lines += _codecs(medium)
    if medium.receives:
        lines += _ssrcs(medium.kind, ssrcs, stream, rtx=any(c.rtx for c in medium.codecs))
    lines += _candidates(local)
    return lines


def _codecs(medium: Medium) -> list[str]:
    lines = []
    for agreed in medium.codecs:
        codec, number = agreed.codec, agreed.payload_type
        names = {"opus": "opus/48000/2", "vp8": "VP8/90000", "h264": "H264/90000"}
        lines.append(f"a=rtpmap:{number} {names[agreed.key]}")
        lines += [f"a=rtcp-fb:{number} {feedback}" for feedback in agreed.feedback]
        parameters = OPUS_PARAMETERS if agreed.key == "opus" else codec.parameters
        if parameters:
            lines.append(f"a=fmtp:{number} {parameters}")
        if agreed.red is not None:
            lines.append(f"a=rtpmap:{agreed.red} red/48000/2")
            lines.append(f"a=fmtp:{agreed.red} {number}/{number}")
        if agreed.rtx is not None:
            lines.append(f"a=rtpmap:{agreed.rtx} rtx/90000")
            lines.append(f"a=fmtp:{agreed.rtx} apt={number}")
    return lines


def _ssrcs(kind: str, ssrcs: OutboundSsrcs, stream: str, *, rtx: bool) -> list[str]:
    lines = [f"a=msid:{stream} {stream}-{kind}"]
    numbers: Sequence[int] = [ssrcs.audio]
    if kind == "video":
        numbers = [ssrcs.video, ssrcs.video_rtx] if rtx else [ssrcs.video]
        if rtx:
            lines.append(f"a=ssrc-group:FID {ssrcs.video} {ssrcs.video_rtx}")
    for number in numbers:
        lines.append(f"a=ssrc:{number} cname:{stream}")
        lines.append(f"a=ssrc:{number} msid:{stream} {stream}-{kind}")
    return lines


def _candidates(local: LocalTransport) -> list[str]:
    """Host candidates, first announced first preferred (RFC 8445 section 5.1.2.1)."""
    lines = []
    for i, address in enumerate(local.addresses):
        priority = (126 << 24) + ((65535 - i) << 8) + 255
        lines.append(
            f"a=candidate:{i + 1} 1 udp {priority} {address} {local.port} typ host generation 0"
        )
    if local.tcp:
        for i, address in enumerate(local.addresses):
            # Half the type preference of UDP: taken only where UDP is blocked (RFC 6544 4.2).
            priority = (63 << 24) + ((65535 - i) << 8) + 255
            lines.append(
                f"a=candidate:{i + 101} 1 tcp {priority} {address} {local.port}"
                " typ host tcptype passive generation 0"
            )
    return [*lines, "a=end-of-candidates"]
