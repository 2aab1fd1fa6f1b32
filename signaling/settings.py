"""What the composer decides for the web side; checked there, plain values here."""

from __future__ import annotations

from dataclasses import dataclass, field

from signaling.money.cards.stripe_cards import CardSettings
from signaling.pricing.rules import Pricing


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalingSettings:
    """Settings of a web process.

    `pricing` holds the rules (waiting times included) until the operator first edits them.
    `ice_urls` are STUN and TURN servers for browsers; TURN needs `turn_secret`. `trusted_proxies`
    are the addresses whose `X-Forwarded-For` is believed.
    """

    base_url: str
    relay_secret: str = field(repr=False)
    secure_cookies: bool = False
    currency: str = "USD"
    pricing: Pricing = field(default_factory=Pricing)
    ice_urls: tuple[str, ...] = ()
    turn_secret: str | None = field(default=None, repr=False)
    cards: CardSettings | None = None  # None: vouchers and operator credit only
    session_ttl_s: int = 30 * 86_400
    trusted_proxies: frozenset[str] = frozenset()
    password_memory_kib: int = 65_536  # of one argon2 hash
    password_rounds: int = 3
