"""The packet path as native code: found where it has been made (``compile``) of this very source.

The modules every packet and every feedback pass through can be compiled by mypyc into a folder
named after the digest of their source. The package looks for that folder when it is imported
(``use``); where there is none that fits this source and this Python, it runs interpreted, and does
the same, only dearer. So an edited module is never shadowed by what was made of it before.

``MEDIASRV_COMPILED`` names another place for the folder, or says ``no``: run interpreted.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).parent
#: What packets and feedback pass through, and the objects they touch.
MODULES = (
    "call",
    "counter_layout",
    "counters",
    "datagrams",
    "downlink",
    "engine",
    "feedback",
    "ice",
    "keyframes",
    "loss",
    "media_path",
    "nack_requester",
    "packet_cache",
    "participant",
    "pktinfo",
    "proof",
    "rate_limit",
    "reception",
    "red",
    "route",
    "rtcp",
    "rtcp_packets",
    "rtp",
    "slots",
    "sockaddr",
    "srtp",
    "stats",
    "stun",
    "track",
    "transport_cc",
    "uplink",
)
VARIABLE = "MEDIASRV_COMPILED"
#: They are one shared library: this one tells of all.
_PROBE = "media_path"


def key(package: Path | None = None) -> str:
    """Digest of the source (of this package, or a copy) and of the Python it is compiled for."""
    package = PACKAGE if package is None else package
    digest = hashlib.sha256((sysconfig.get_config_var("EXT_SUFFIX") or "").encode())
    for name in MODULES:
        digest.update(b"\0" + name.encode() + b"\0" + (package / f"{name}.py").read_bytes())
    return digest.hexdigest()[:20]


def folder() -> Path | None:
    """Where compiled modules are, or would be; None: not wanted."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted.lower() == "no":
        return None
    return Path(wanted) if wanted else PACKAGE / "__compiled__"


def found() -> Path | None:
    """The compiled modules of this source, if they have been made and are wanted."""
    everything = folder()
    if everything is None or not everything.is_dir():
        return None
    place = everything / key()
    return place if (place / PACKAGE.name).is_dir() else None


def use(path: list[str]) -> None:
    """Puts the compiled modules, where they are, before the package's own on its ``__path__``."""
    place = found()
    if place is not None:
        sys.path.append(str(place))  # the shared library behind the modules
        path.insert(0, str(place / PACKAGE.name))


def in_use() -> bool:
    """Whether this process runs the compiled modules."""
    spec = importlib.util.find_spec(f"{__package__}.{_PROBE}")
    return spec is not None and not str(spec.origin).endswith(".py")
