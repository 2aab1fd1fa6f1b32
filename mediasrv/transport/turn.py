"""TURN credentials that expire, by the shared secret a coturn server is given.

The scheme is coturn's ``use-auth-secret`` (draft-uberti-behave-turn-rest-00): the user name is
"<Unix time of expiry>:<name>", the password is the Base64 HMAC-SHA1 of the user name. The relay has
no part in it: browsers in networks that block both UDP and the relay's port reach it through such
a server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

#: Long enough for any call; browsers keep an allocation alive with the password they began with.
LIFETIME_S = 12 * 3600


def credentials(
    secret: str, name: str, now_s: int, lifetime_s: int = LIFETIME_S
) -> tuple[str, str]:
    """User name and password for ``name``, good until ``now_s + lifetime_s`` (Unix seconds).

    ``ValueError`` for a name with a colon (coturn splits there) or an empty secret.
    """
    if ":" in name:
        raise ValueError("a TURN user's name has no colon")
    if not secret:
        raise ValueError("the TURN secret is empty")
    user = f"{now_s + lifetime_s}:{name}"
    digest = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()
    return user, base64.b64encode(digest).decode()


def ice_servers(
    urls: Sequence[str], secret: str | None, name: str, now_s: int
) -> list[dict[str, Any]]:
    """``RTCConfiguration.iceServers`` for a page: TURN urls with credentials, STUN urls without.

    TURN urls are left out when there is no secret. ``ValueError`` names a url that is neither.
    """
    known = ("stun:", "stuns:", "turn:", "turns:")
    for url in urls:
        if not url.startswith(known) or len(url.partition(":")[2]) == 0:
            raise ValueError(f"{url!r} is no STUN or TURN url, such as turn:turn.example.org:3478")
    servers: list[dict[str, Any]] = []
    plain = [url for url in urls if url.startswith("stun")]
    relayed = [url for url in urls if url.startswith("turn")]
    if plain:
        servers.append({"urls": plain})
    if relayed and secret:
        user, password = credentials(secret, name, now_s)
        servers.append({"urls": relayed, "username": user, "credential": password})
    return servers
