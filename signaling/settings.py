"""What the composer decides for the web side; checked there, plain values here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from signaling.cards import CardSettings
from signaling.pricing import Pricing


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalingSettings:
    """Settings of a web process.

    `pricing` holds the rules (waiting times included) until the operator first edits them.
    `ice_servers` are handed to browsers as they are (RTCIceServer dictionaries). `trusted_proxies`
    are the addresses whose `X-Forwarded-For` is believed.
    """

    base_url: str
    relay_secret: str = field(repr=False)
    secure_cookies: bool = False
    currency: str = "USD"
    pricing: Pricing = field(default_factory=Pricing)
    ice_servers: tuple[Mapping[str, Any], ...] = ()
    cards: CardSettings | None = None  # None: vouchers and operator credit only
    session_ttl_s: int = 30 * 86_400
    trusted_proxies: frozenset[str] = frozenset()
    password_memory_kib: int = 65_536  # of one argon2 hash
    password_rounds: int = 3
