"""Decides what of an offer is taken: which sections, codecs, header extensions (RFC 3264).

The relay never transcodes, so what one side sends the other must understand: the second side to
join is given only codecs the first side has accepted too, in the first side's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mediasrv.errors import NothingInCommonError, OfferError
from mediasrv.sdp.offer import Codec, Offer, Section
from mediasrv.transport.dtls import Fingerprint
from mediasrv.transport.ice import IceCredentials

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
EXTENSIONS = frozenset(
    {
        MID,
        TRANSPORT_CC,
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "urn:3gpp:video-orientation",
    }
)
FEEDBACK = {
    "audio": frozenset({"transport-cc"}),
    "video": frozenset({"nack", "nack pli", "ccm fir", "transport-cc", "goog-remb"}),
}
#: One-byte header extensions have ids 1 to 14 (RFC 8285 section 4.2).
_MAX_EXTENSION_ID = 14
_PROTOCOL = "UDP/TLS/RTP/SAVPF"


@dataclass(frozen=True, slots=True)
class AgreedCodec:
    """A codec taken, under the payload types of this side's offer.

    ``rtx`` is that of its retransmissions, ``red`` that of its redundant form; None: not offered.
    ``key`` names the same coding on both sides, whatever their payload types are.
    """

    key: str
    payload_type: int
    rtx: int | None
    red: int | None
    codec: Codec
    feedback: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Medium:
    """One accepted section. ``sends`` and ``receives`` are from the browser's point of view."""

    kind: str
    index: int
    mid: str
    sends: bool
    receives: bool
    codecs: tuple[AgreedCodec, ...]
    extensions: tuple[tuple[int, str], ...]
    ssrcs: tuple[int, ...]
    rtx_of: tuple[tuple[int, int], ...]
    rtcp_rsize: bool

    def extension_id(self, uri: str) -> int:
        """The id this side uses for an extension; 0 for none."""
        return next((number for number, name in self.extensions if name == uri), 0)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one side's offer and the relay agreed on."""

    offer: Offer
    media: tuple[Medium, ...]
    ice: IceCredentials
    fingerprints: tuple[Fingerprint, ...]

    def medium(self, kind: str) -> Medium | None:
        """The accepted section of a kind, if any."""
        return next((m for m in self.media if m.kind == kind), None)


def negotiate(offer: Offer, other: Agreement | None) -> Agreement:
    """Agreement for an offer beside what the other side has (None: it has not joined).

    Raises ``OfferError`` when transport details are missing, ``NothingInCommonError`` when no
    section is left.
    """
    media: list[Medium] = []
    missed: list[str] = []
    for section in offer.sections:
        if section.kind not in FEEDBACK or section.protocol != _PROTOCOL:
            continue
        if section.port == 0 and not section.bundle_only:
            # Port zero is a section put to rest, unless it only waits for the bundle's transport
            # (RFC 9143 section 6).
            continue
        if any(m.kind == section.kind for m in media):
            continue
        theirs = other.medium(section.kind) if other else None
        codecs = _common(section, theirs)
        if codecs:
            media.append(_medium(section, codecs))
        else:
            missed.append(_explain(section, theirs))
    if not media:
        raise NothingInCommonError("; ".join(missed) or "the offer has no audio or video section")
    sections = [offer.sections[m.index] for m in media]
    _require_one_transport(offer, sections)
    first = sections[0]
    if first.ice is None:
        raise OfferError('"a=ice-ufrag" and "a=ice-pwd" are missing', first.line)
    if not first.fingerprints:
        raise OfferError('"a=fingerprint" is missing: media is always encrypted', first.line)
    return Agreement(offer, tuple(media), first.ice, first.fingerprints)


def understood(sender: Agreement, receiver: Agreement) -> bool:
    """Whether the receiver can decode what the sender sends: its first codec of each kind."""
    for medium in sender.media:
        theirs = receiver.medium(medium.kind)
        if not medium.sends or theirs is None or not theirs.receives:
            continue
        if medium.codecs[0].key not in {c.key for c in theirs.codecs}:
            return False
    return True


def _require_one_transport(offer: Offer, sections: Sequence[Section]) -> None:
    for section in sections:
        if not section.rtcp_mux:
            raise OfferError('"a=rtcp-mux" is required', section.line)
        if len(sections) > 1 and section.mid not in offer.bundle:
            raise OfferError('the section is not in "a=group:BUNDLE"', section.line)


def _common(section: Section, theirs: Medium | None) -> tuple[AgreedCodec, ...]:
    """Codecs to take, in order of preference; one payload type for each coding."""
    rtx = {
        codec.parameter("apt"): codec.payload_type
        for codec in section.codecs
        if codec.name == "rtx"
    }
    red = {
        codec.parameters.partition("/")[0]: codec.payload_type
        for codec in section.codecs
        if (codec.name, codec.clock_rate, codec.channels) == ("red", 48000, 2)
    }
    found: dict[str, AgreedCodec] = {}
    for codec in section.codecs:
        key = _key(codec)
        if key is None or (key in found and not _better(codec, found[key].codec)):
            continue
        feedback = tuple(f for f in codec.feedback if f in FEEDBACK[section.kind])
        payload_type = str(codec.payload_type)
        found[key] = AgreedCodec(
            key,
            codec.payload_type,
            rtx.get(payload_type),
            red.get(payload_type) if key == "opus" else None,
            codec,
            feedback,
        )
    if theirs is not None:
        return tuple(found[c.key] for c in theirs.codecs if c.key in found)
    return tuple(found[key] for key in ("opus", "vp8", "h264") if key in found)


def _key(codec: Codec) -> str | None:
    if (codec.name, codec.clock_rate, codec.channels) == ("opus", 48000, 2):
        return "opus"
    if (codec.name, codec.clock_rate) == ("vp8", 90000):
        return "vp8"
    if (codec.name, codec.clock_rate) == ("h264", 90000):
        baseline = codec.parameter("profile-level-id", "420010").lower().startswith("42")
        if baseline and codec.parameter("packetization-mode", "0") == "1":
            return "h264"
    return None


def _better(candidate: Codec, present: Codec) -> bool:
    """Constrained baseline (42e0xx) is decoded by everyone; plain baseline only by most."""
    return candidate.parameter("profile-level-id").lower().startswith(
        "42e0"
    ) and not present.parameter("profile-level-id").lower().startswith("42e0")


def _medium(section: Section, codecs: tuple[AgreedCodec, ...]) -> Medium:
    return Medium(
        kind=section.kind,
        index=section.index,
        mid=section.mid,
        sends=section.direction in ("sendrecv", "sendonly"),
        receives=section.direction in ("sendrecv", "recvonly"),
        codecs=codecs,
        extensions=tuple(
            (number, uri)
            for number, uri in section.extensions
            if uri in EXTENSIONS and 1 <= number <= _MAX_EXTENSION_ID
        ),
        ssrcs=section.ssrcs,
        rtx_of=section.rtx_of,
        rtcp_rsize=section.rtcp_rsize,
    )


def _explain(section: Section, theirs: Medium | None) -> str:
    offered = sorted({c.name for c in section.codecs if c.name != "rtx"}) or ["nothing known"]
    if theirs is not None:
        wanted = ", ".join(c.key for c in theirs.codecs)
        return f"{section.kind}: offered {', '.join(offered)}; the other side uses {wanted}"
    wanted = "opus" if section.kind == "audio" else "vp8 or h264 (baseline, packetization mode 1)"
    return f"{section.kind}: offered {', '.join(offered)}; the relay carries {wanted}"
