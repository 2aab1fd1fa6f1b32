"""protocol.d.ts, by which the scripts are checked, says what views and socket really send."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from signaling.calls.views import CallView, MeterView, ReceiptView
from signaling.money.views import WalletView
from signaling.people.views import UserView
from signaling.pricing.views import PricingView, TariffView
from signaling.ringing.views import QuoteView
from signaling.services.views import PublicServiceView
from tests.documents.reading import ROOT, first_column
from tests.documents.test_rest_routes import site
from tests.documents.test_socket_messages import SOCKET

TYPES = (ROOT / "admin_web/frame/lib/protocol.d.ts").read_text()
OF_THE_PAGE = {"up", "down", "signed_out"}  # the Socket's own


def fields(interface: str) -> dict[str, str]:
    """Name → type, `?` before it where the field may be missing; those of what it extends too."""
    found = re.search(
        rf"^interface {interface}(?: extends ([\w, ]+))? {{\n(.*?)^}}", TYPES, re.M | re.S
    )
    assert found is not None, interface
    inherited, body = found.groups()
    every: dict[str, str] = {}
    for parent in (inherited or "").split(", "):
        every |= fields(parent) if parent else {}
    for name, missing, kind in re.findall(r'^  "?([\w.]+)"?(\??): (.*);$', body, re.M):
        every[name] = missing + kind
    return every


SENT: dict[str, type[BaseModel]] = {
    "User": UserView,
    "Tariff": TariffView,
    "Pricing": PricingView,
    "PublicService": PublicServiceView,
    "Quote": QuoteView,
    "Meter": MeterView,
    "Receipt": ReceiptView,
    "Call": CallView,
}


@pytest.mark.parametrize("interface", SENT)
def test_an_object_has_the_fields_of_its_view_and_no_other(interface: str) -> None:
    assert set(fields(interface)) == set(SENT[interface].model_fields)


@pytest.mark.parametrize("interface", SENT)
def test_what_may_be_missing_or_null_is_said_so(interface: str) -> None:
    for name, kind in fields(interface).items():
        field = SENT[interface].model_fields[name]
        assert kind.startswith("?") is not field.is_required(), name
        if field.is_required():
            assert ("| null" in kind) is (
                type(None) in getattr(field.annotation, "__args__", ())
            ), name


def test_of_a_wallet_the_scripts_know_what_they_show() -> None:
    assert set(fields("Wallet")) < set(WalletView.model_fields)


async def test_every_command_of_the_socket_is_typed_and_no_other() -> None:
    async with site() as parts:
        assert set(fields("SocketAnswers")) == set(parts.commands())


def test_every_event_of_the_socket_is_typed_and_no_other() -> None:
    assert set(fields("SocketEvents")) - OF_THE_PAGE == first_column(SOCKET, "event")
