"""Reads a browser's offer, naming the line that is wrong (RFC 8866, RFC 8839, RFC 8842, RFC 9143).

Only what a relay of one audio and one video section needs is kept; everything else in an offer is
passed over, as RFC 8866 section 5.13 asks. aiortc's parser is not used because it answers bad input
with assertions and cannot tell the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mediasrv.errors import OfferError
from mediasrv.transport.dtls import Fingerprint
from mediasrv.transport.ice import IceCredentials

#: Bytes; real offers of Chromium are about 7,000.
MAX_OFFER_BYTES = 65_536
#: Lines, of which real offers have about 200, and characters of one, of which they have about 200.
MAX_LINES = 1000
MAX_LINE = 1000
#: A page offers two or three; more is not a browser.
MAX_SECTIONS = 16
MAX_SSRCS = 16

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_ICE_CHARS = re.compile(r"[A-Za-z0-9+/]+\Z")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+\Z")
_TOKEN = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of a section. ``name`` is lower case; ``channels`` is 1 unless stated."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int
    parameters: str
    feedback: tuple[str, ...]

    def parameter(self, key: str, default: str = "") -> str:
        """A value from the ``fmtp`` line."""
        for pair in self.parameters.split(";"):
            name, _, value = pair.strip().partition("=")
            if name.lower() == key:
                return value
        return default


@dataclass(frozen=True, slots=True)
class Section:
    """One ``m=`` section. ``rtx_of`` maps a primary SSRC to its retransmission SSRC."""

    index: int
    line: int
    kind: str
    port: int
    protocol: str
    formats: str
    mid: str
    direction: str
    codecs: tuple[Codec, ...]
    extensions: tuple[tuple[int, str], ...]
    ssrcs: tuple[int, ...]
    rtx_of: tuple[tuple[int, int], ...]
    rtcp_mux: bool
    rtcp_rsize: bool
    bundle_only: bool
    ice: IceCredentials | None
    fingerprints: tuple[Fingerprint, ...]
    setup: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole offer. ``session`` (origin's user, id and address) stays for a connection's life."""

    session: str
    bundle: tuple[str, ...]
    sections: tuple[Section, ...]


@dataclass(slots=True)
class _Draft:
    """What is being collected of a section; values of the session level are the defaults."""

    line: int = 0
    kind: str = ""
    port: int = 0
    protocol: str = ""
    formats: str = ""
    mid: str = ""
    direction: str = "sendrecv"
    maps: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)
    feedback: dict[str, list[str]] = field(default_factory=dict)
    extensions: list[tuple[int, str]] = field(default_factory=list)
    ssrcs: dict[int, None] = field(default_factory=dict)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    bundle_only: bool = False
    ufrag: str = ""
    password: str = ""
    fingerprints: list[Fingerprint] = field(default_factory=list)
    setup: str = ""


def parse_offer(sdp: str) -> Offer:  # noqa: PLR0912 - one branch per kind of line
    """Raises ``OfferError`` with the line (from 1) that cannot be accepted."""
    if not isinstance(sdp, str) or len(sdp) > MAX_OFFER_BYTES:
        raise OfferError(f"an offer is text of at most {MAX_OFFER_BYTES} bytes")
    session = _Draft()
    drafts: list[_Draft] = []
    origin = ""
    bundle: tuple[str, ...] = ()
    version_seen = False
    for number, kind, value in _lines(sdp):
        if not version_seen:
            if (kind, value) != ("v", "0"):
                raise OfferError('an offer starts with "v=0"', number)
            version_seen = True
        elif kind == "o":
            origin = _origin(value, number)
        elif kind == "m":
            if len(drafts) == MAX_SECTIONS:
                raise OfferError(f"more than {MAX_SECTIONS} media sections", number)
            drafts.append(_media_line(value, number))
        elif kind == "a":
            name, _, rest = value.partition(":")
            if name == "group" and not drafts:
                semantics, *mids = rest.split() or [""]
                if semantics == "BUNDLE":
                    bundle = tuple(mids)
            else:
                _attribute(drafts[-1] if drafts else session, name, rest, number)
    if not version_seen:
        raise OfferError("the offer is empty", 1)
    if not drafts:
        raise OfferError("the offer has no media section")
    if not origin:
        raise OfferError('the offer has no "o=" line')
    sections = tuple(_finish(draft, session, i) for i, draft in enumerate(drafts))
    mids = [s.mid for s in sections]
    if len(set(mids)) != len(mids):
        raise OfferError('two media sections have the same "a=mid"', sections[-1].line)
    return Offer(session=origin, bundle=bundle, sections=sections)


def _lines(sdp: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(sdp.split("\n", MAX_LINES), start=1):
        if number > MAX_LINES:
            raise OfferError(f"an offer has at most {MAX_LINES} lines", number)
        text = line.rstrip("\r")
        if not text:
            continue
        if len(text) > MAX_LINE:
            raise OfferError(f"a line has at most {MAX_LINE} characters", number)
        if len(text) < 2 or text[1] != "=" or not text[0].isalpha():
            raise OfferError('a line is "<letter>=<value>"', number)
        yield number, text[0], text[2:]


def _origin(value: str, line: int) -> str:
    parts = value.split()
    if len(parts) != 6:
        raise OfferError('"o=" has six fields', line)
    return " ".join((parts[0], parts[1], parts[5]))


def _media_line(value: str, line: int) -> _Draft:
    parts = value.split()
    if len(parts) < 4:
        raise OfferError('"m=" has a kind, a port, a protocol and at least one format', line)
    kind, port, protocol = parts[:3]
    draft = _Draft(line=line, kind=kind, protocol=protocol, formats=" ".join(parts[3:]))
    draft.port = _number(port.partition("/")[0], 0xFFFF, "port", line)
    if kind in ("audio", "video"):
        for fmt in parts[3:]:
            _number(fmt, 127, "payload type", line)
    return draft


def _attribute(draft: _Draft, name: str, value: str, line: int) -> None:  # noqa: PLR0912 - a table
    if name in DIRECTIONS:
        draft.direction = name
    elif name == "mid":
        if not _TOKEN.match(value) or len(value) > 32:
            raise OfferError('"a=mid" is a token of at most 32 characters', line)
        draft.mid = value
    elif name == "rtpmap":
        draft.maps.update(_rtpmap(value, line))
    elif name == "fmtp":
        payload_type, _, rest = value.partition(" ")
        draft.parameters[_number(payload_type, 127, "payload type", line)] = rest.strip()
    elif name == "rtcp-fb":
        payload_type, _, rest = value.partition(" ")
        if payload_type != "*":
            _number(payload_type, 127, "payload type", line)
        draft.feedback.setdefault(payload_type, []).append(rest.strip())
    elif name == "extmap":
        draft.extensions.append(_extmap(value, line))
    elif name == "ssrc":
        ssrc = _number(value.partition(" ")[0], 0xFFFFFFFF, "SSRC", line)
        if len(draft.ssrcs) < MAX_SSRCS:
            draft.ssrcs[ssrc] = None
    elif name == "ssrc-group":
        semantics, *ssrcs = value.split() or [""]
        if semantics == "FID" and len(ssrcs) == 2 and len(draft.pairs) < MAX_SSRCS:
            first, second = (_number(s, 0xFFFFFFFF, "SSRC", line) for s in ssrcs)
            draft.pairs.append((first, second))
    elif name == "rtcp-mux":
        draft.rtcp_mux = True
    elif name == "rtcp-rsize":
        draft.rtcp_rsize = True
    elif name == "bundle-only":
        draft.bundle_only = True
    elif name in ("ice-ufrag", "ice-pwd"):
        _ice(draft, name, value, line)
    elif name == "fingerprint":
        algorithm, _, digest = value.partition(" ")
        if not _FINGERPRINT.match(digest):
            raise OfferError('"a=fingerprint" is an algorithm and bytes in hex', line)
        if len(draft.fingerprints) < 8:
            draft.fingerprints.append(Fingerprint(algorithm, digest))
    elif name == "setup":
        if value not in ("actpass", "active"):
            raise OfferError('"a=setup" must be actpass or active: the relay is passive', line)
        draft.setup = value


def _rtpmap(value: str, line: int) -> dict[int, tuple[str, int, int]]:
    payload_type, _, encoding = value.partition(" ")
    name, *rest = encoding.split("/")
    if not name or not 1 <= len(rest) <= 2:
        raise OfferError('"a=rtpmap" is "<payload type> <name>/<clock rate>[/<channels>]"', line)
    rate = _number(rest[0], 10_000_000, "clock rate", line)
    channels = _number(rest[1], 255, "channel count", line) if len(rest) == 2 else 1
    return {_number(payload_type, 127, "payload type", line): (name.lower(), rate, channels)}


def _extmap(value: str, line: int) -> tuple[int, str]:
    identifier, *rest = value.split()[:2] or [""]
    number = _number(identifier.partition("/")[0], 4095, "header extension id", line)
    if not rest:
        raise OfferError('"a=extmap" has an id and a URI', line)
    return number, rest[0]


def _ice(draft: _Draft, name: str, value: str, line: int) -> None:
    least = 4 if name == "ice-ufrag" else 22
    if not _ICE_CHARS.match(value) or not least <= len(value) <= 256:
        raise OfferError(f'"a={name}" has {least} to 256 letters, digits, "+" or "/"', line)
    if name == "ice-ufrag":
        draft.ufrag = value
    else:
        draft.password = value


def _number(text: str, limit: int, what: str, line: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > limit:
        raise OfferError(f"{what} must be a number up to {limit}", line)
    return int(text)


def _finish(draft: _Draft, session: _Draft, index: int) -> Section:
    ufrag = draft.ufrag or session.ufrag
    password = draft.password or session.password
    codecs = []
    if draft.kind in ("audio", "video"):
        for payload_type in dict.fromkeys(int(fmt) for fmt in draft.formats.split()):
            if payload_type in draft.maps:
                codecs.append(_codec(draft, payload_type))
    retransmissions = {second for _, second in draft.pairs}
    return Section(
        index=index,
        line=draft.line,
        kind=draft.kind,
        port=draft.port,
        protocol=draft.protocol,
        formats=draft.formats,
        mid=draft.mid or f"section{index}",
        direction=draft.direction,
        codecs=tuple(codecs),
        extensions=tuple(draft.extensions),
        ssrcs=tuple(s for s in draft.ssrcs if s not in retransmissions),
        rtx_of=tuple(draft.pairs),
        rtcp_mux=draft.rtcp_mux,
        rtcp_rsize=draft.rtcp_rsize,
        bundle_only=draft.bundle_only,
        ice=IceCredentials(ufrag, password) if ufrag and password else None,
        fingerprints=tuple(draft.fingerprints or session.fingerprints),
        setup=draft.setup or session.setup,
    )


def _codec(draft: _Draft, payload_type: int) -> Codec:
    name, rate, channels = draft.maps[payload_type]
    feedback = draft.feedback
    return Codec(
        payload_type=payload_type,
        name=name,
        clock_rate=rate,
        channels=channels,
        parameters=draft.parameters.get(payload_type, ""),
        feedback=(*feedback.get(str(payload_type), ()), *feedback.get("*", ())),
    )
