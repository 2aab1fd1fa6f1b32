"""Settings of a TipMeet installation: one documented class, checked at start.

Sources, in rising precedence: defaults, `TIPMEET_*` environment variables, a TOML file
(`tipmeet.toml` in the working folder, or the one `TIPMEET_CONFIG` names), command-line flags.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from mediasrv.transport.turn import ice_servers

CONFIG_VARIABLE = "TIPMEET_CONFIG"
DEFAULT_CONFIG_FILE = Path("tipmeet.toml")
SECRET_BYTES = 32
LOOPBACK = "127.0.0.1"
LOOPBACK_HOSTS = (LOOPBACK, "localhost", "::1")
ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - media comes from anywhere and is authenticated


class SettingsError(Exception):
    """Settings that cannot work; the message names each one and the mend."""


class Settings(BaseSettings):
    """Everything that can be set. Money is a decimal string in the platform's currency."""

    model_config = SettingsConfigDict(env_prefix="TIPMEET_", extra="forbid", frozen=True)

    data_dir: Path = Field(Path("var"), description="Folder of the embedded store and secrets.")
    redis_url: str | None = Field(
        None, description="A Redis 7.2+ or Valkey to use instead of the embedded one."
    )
    books_url: str | None = Field(
        None,
        description="A store for the money alone: another server, or a Redis Cluster as "
        "redis+cluster://host:port. If not set, the money is kept with everything else.",
    )
    store_port: int | None = Field(
        None, ge=1, le=65535, description="TCP port of the embedded store; a free one if not set."
    )
    store_connections: int = Field(
        64,
        ge=2,
        le=10_000,
        description="Connections to a store that one process opens at most; who finds none free "
        "waits, after 5 s in vain is told to try again.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important lines to log."
    )
    demo_accounts: bool = Field(
        True, description="Create demo accounts and a demo service when the store is empty."
    )

    web_host: str = Field("127.0.0.1", description="Address the web process listens on.")
    web_port: int = Field(8000, ge=1, le=65535, description="TCP port of the site.")
    base_url: str | None = Field(
        None,
        description="URL people reach the site at, e.g. https://meet.example.org. "
        "Browsers give camera and microphone to https and localhost only.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses of TLS proxies whose X-Forwarded-For is believed."
    )
    http_idle_s: int = Field(
        75,
        ge=1,
        le=3600,
        description="How long a connection may stay without a whole request; longer than a "
        "proxy in front keeps its own.",
    )
    session_days: int = Field(30, ge=1, le=365, description="How long a sign-in lasts.")

    relays: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="Relay processes."
    )
    relay_host: str | None = Field(
        None,
        description="Address of the media sockets. If not set: the loopback address for a site on "
        "this machine, else all.",
    )
    relay_port: int = Field(40000, ge=1, le=65535, description="UDP port of the first relay.")
    relay_control_host: str = Field(
        "127.0.0.1", description="Address of the control API; the web process must reach it."
    )
    relay_control_port: int = Field(41000, ge=1, le=65535, description="First control port.")
    relay_max_calls: int = Field(500, ge=1, le=100_000, description="Calls one relay accepts.")
    announced: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses browsers shall send media to (the public ones of a server behind "
        "NAT). If not set: the loopback address for a site on this machine, else the host's own.",
    )
    ice_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="STUN and TURN servers for browsers, e.g. turn:turn.example.org:3478."
    )
    turn_secret: str | None = Field(
        None, description="The `static-auth-secret` of the TURN server (coturn)."
    )
    relay_secret: str | None = Field(
        None, min_length=16, description="Shared by web and relays; made and kept in data_dir."
    )

    stripe_secret_key: str | None = Field(
        None, description="Stripe's secret key; with the next, cards can be taken."
    )
    stripe_webhook_secret: str | None = Field(
        None, description="Signing secret of the webhook `/api/stripe/webhook`."
    )
    stripe_api_base: str | None = Field(None, description="Another address of Stripe's API.")

    currency: str = Field(
        "USD", pattern=r"^[A-Z]{3}$", description="ISO 4217; never change it later."
    )
    threshold_s: int = Field(60, ge=0, le=3600, description="Free threshold of new installations.")
    commission_bps: int = Field(1500, ge=0, le=10_000, description="Platform's part, 1/100 %.")
    min_minutes: int = Field(2, ge=0, le=60, description="Minutes a caller must be able to pay.")
    probe_limit_per_day: int = Field(
        1, ge=0, le=1000, description="Free probes per client and service in 24 h; 0 = no limit."
    )
    ring_s: int = Field(45, ge=5, le=300, description="How long a call rings.")
    interrupted_s: int = Field(
        30, ge=5, le=300, description="How long a dropped side may take to come back."
    )
    on_hold_s: int = Field(60, ge=5, le=600, description="How long a call waits for a top-up.")

    @field_validator("announced", "trusted_proxies", "ice_urls", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("ice_urls")
    @classmethod
    def _check_ice_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        ice_servers(value, None, "check", 0)  # names what is no STUN or TURN url
        return value

    @field_validator("announced", "trusted_proxies")
    @classmethod
    def _check_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            try:
                ipaddress.ip_address(address)
            except ValueError:
                raise ValueError(f"{address!r} is not an IP address") from None
        return value

    @model_validator(mode="after")
    def _check_cards(self) -> Settings:
        if (self.stripe_secret_key is None) != (self.stripe_webhook_secret is None):
            raise ValueError("stripe_secret_key and stripe_webhook_secret go together: set both")
        return self

    @model_validator(mode="after")
    def _check_ports(self) -> Settings:
        for name, first in (
            ("relay_port", self.relay_port),
            ("relay_control_port", self.relay_control_port),
        ):
            if first + self.relays - 1 > 65535:
                raise ValueError(f"{name} + relays goes past 65535: choose a lower {name}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags and file (merged by `load`) before the environment."""
        return init_settings, env_settings

    @property
    def site_url(self) -> str:
        """What people type, without a slash at the end."""
        if self.base_url:
            return self.base_url.rstrip("/")
        host = (
            "localhost"
            if self.web_host in (*LOOPBACK_HOSTS, ALL_ADDRESSES, "::")
            else self.web_host
        )
        return f"http://{host}:{self.web_port}"

    @property
    def archive_dir(self) -> Path:
        """Where old entries of the books are kept."""
        return self.data_dir / "archive"

    @property
    def media_addresses(self) -> tuple[str, ...]:
        """Where browsers shall send media; empty: the relay looks for the host's own."""
        if self.announced:
            return self.announced
        return (LOOPBACK,) if self.local_only else ()

    @property
    def media_host(self) -> str:
        """The address media sockets are bound to.

        A socket bound to all addresses answers from the one its route prefers, and a browser
        drops what does not come from where it asked: so loopback alone means loopback alone.
        """
        if self.relay_host is not None:
            return self.relay_host
        return LOOPBACK if self.media_addresses == (LOOPBACK,) else ALL_ADDRESSES

    @property
    def local_only(self) -> bool:
        return self.web_host in LOOPBACK_HOSTS and self.base_url is None


def load(**flags: Any) -> Settings:
    """Settings from all sources; flags of value None count as not given. Raises SettingsError."""
    values = _read_file()
    values.update({name: value for name, value in flags.items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"]) or "settings"
            lines.append(
                f"{name}: {problem['msg']} (TIPMEET_{name.upper()}, the TOML file, or a flag)"
            )
        raise SettingsError("\n".join(lines)) from None


def _read_file() -> dict[str, Any]:
    named = os.environ.get(CONFIG_VARIABLE)
    path = Path(named) if named else DEFAULT_CONFIG_FILE
    if not named and not path.exists():
        return {}
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None


def relay_secret(settings: Settings) -> str:
    """The secret web and relays share: the one set, or one made once and kept in data_dir."""
    if settings.relay_secret:
        return settings.relay_secret
    path = settings.data_dir / "relay.secret"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
    return secret
