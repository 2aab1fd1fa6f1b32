"""Finds the package as it was compiled, of this very source.

The modules every packet and every feedback pass through can be compiled by mypyc (``compile``).
What is made lies in a folder named after the digest of the whole package: a copy of it, with the
libraries beside the modules they were made of. The package moves there when it is imported
(``use``); where there is none that fits this source and this Python, it runs interpreted, and does
the same, only dearer. So an edited module is never shadowed by what was made of it before.

A copy of the whole, since a folder put before the package's own is not searched for its
sub-packages: the first one found, interpreted, would have been taken.

``MEDIASRV_COMPILED`` names another place for the folder, or says ``no``: run interpreted.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
#: What packets and feedback pass through, and the objects they touch.
MODULES = (
    "arrivals",
    "call/call",
    "call/consumer",
    "call/inbound",
    "call/outbound",
    "call/participant",
    "call/proof",
    "call/source",
    "call/translation",
    "call/uplink",
    "engine",
    "feedback",
    "media_path",
    "net/counters",
    "net/datagrams",
    "net/memory",
    "net/pktinfo",
    "net/rate_limit",
    "net/route",
    "net/slots",
    "net/sockaddr",
    "rtcp/arrival_log",
    "rtcp/downlink",
    "rtcp/packets",
    "rtcp/transport_cc",
    "rtp/header",
    "rtp/keyframe_requester",
    "rtp/keyframes",
    "rtp/loss",
    "rtp/nack_requester",
    "rtp/packet_cache",
    "rtp/reception",
    "rtp/red",
    "rtp/transport_seq",
    "stats",
    "transport/connection",
    "transport/ice",
    "transport/srtp",
    "transport/stun",
)
FOLDER = "__compiled__"
VARIABLE = "MEDIASRV_COMPILED"
#: They are one shared library: this one tells of all.
_PROBE = "mediasrv.media_path"


def key(package: Path | None = None) -> str:
    """Digest of the source (of this package, or a copy) and of the Python it is compiled for."""
    package = PACKAGE if package is None else package
    digest = hashlib.sha256((sysconfig.get_config_var("EXT_SUFFIX") or "").encode())
    digest.update("".join(MODULES).encode())
    for source in sorted(package.rglob("*.py")):
        name = source.relative_to(package)
        if name.parts[0] != FOLDER:
            digest.update(b"\0" + name.as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:20]


def folder() -> Path | None:
    """Where compiled packages are, or would be; None: not wanted."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted.lower() == "no":
        return None
    return Path(wanted) if wanted else PACKAGE / FOLDER


def found() -> Path | None:
    """The folder with the compiled package of this source, if it has been made and is wanted."""
    everything = folder()
    if everything is None or not everything.is_dir():
        return None
    place = everything / key()
    return place if (place / PACKAGE.name).is_dir() else None


def use(path: list[str]) -> None:
    """Makes the compiled package, where there is one, the package's whole ``__path__``."""
    place = found()
    if place is not None:
        sys.path.append(str(place))  # the shared library behind the modules
        path[:] = [str(place / PACKAGE.name)]


def in_use() -> bool:
    """Whether this process runs the compiled modules."""
    spec = importlib.util.find_spec(_PROBE)
    return spec is not None and not str(spec.origin).endswith(".py")
