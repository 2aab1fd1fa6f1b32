"""A relay announces its addresses, or says at start what will keep browsers away."""

from __future__ import annotations

import socket

import pytest

from mediasrv.net.addresses import announced_addresses, problems


def test_a_bound_address_is_announced_as_it_is() -> None:
    assert announced_addresses("192.0.2.7") == ("192.0.2.7",)


def test_a_wildcard_announces_an_address_of_this_machine() -> None:
    for address in announced_addresses("0.0.0.0"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))


@pytest.mark.parametrize(
    ("host", "announced", "said"),
    [
        ("0.0.0.0", "10.1.2.3", "is private"),
        ("0.0.0.0", "127.0.0.1", "reaches only this machine"),
        ("0.0.0.0", "2a01:4f8::1", "bind to ::"),
        ("0.0.0.0", "169.254.1.1", "one network segment"),
        ("127.0.0.1", "8.8.8.8", "is a NAT between them"),
        ("::1", "127.0.0.1", "bound to ::1 only"),
    ],
)
def test_what_keeps_browsers_away_is_said(host: str, announced: str, said: str) -> None:
    assert any(said in problem for problem in problems(host, (announced,)))


def test_a_public_address_is_no_problem() -> None:
    assert problems("0.0.0.0", ("8.8.8.8",)) == []
    assert problems("::", ("2a01:4f8::1", "8.8.8.8")) == []


@pytest.mark.parametrize("address", ["example.org", "0.0.0.0", "224.0.0.1", ""])
def test_what_is_no_address_cannot_be_announced(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        problems("0.0.0.0", (address,))
