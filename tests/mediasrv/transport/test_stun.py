"""STUN is read and written as RFC 5769's samples, another implementation, and browsers have it."""

from __future__ import annotations

import pytest
from aioice import stun as aioice

from mediasrv.net import sockaddr
from mediasrv.transport.stun import (
    MAX_REQUEST,
    StunError,
    accept,
    looks_like_request,
    read_request,
    refuse_role,
)

PASSWORD = b"VOkJxbRl1RmTxUk/WvJxBt"
#: RFC 5769 section 2.1.
SAMPLE = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf"
)
#: The mapped addresses of sections 2.2 and 2.3.
MAPPED = {
    "192.0.2.1": "002000080001a147e112a643",
    "2001:db8:1234:5678:11:2233:4455:6677": ("002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"),
    "::ffff:192.0.2.1": "002000080001a147e112a643",
}


def test_the_sample_request_is_read() -> None:
    request = read_request(SAMPLE)
    assert looks_like_request(SAMPLE)
    assert request.user == b"evtj:h6vY"
    assert request.receiver == b"evtj"
    assert request.transaction == SAMPLE[8:20]
    assert request.controlled
    assert not request.nominates
    assert request.is_by(PASSWORD)
    assert not request.is_by(PASSWORD + b"?")


@pytest.mark.parametrize("host", MAPPED)
def test_the_answer_says_where_the_request_came_from(host: str) -> None:
    answer = accept(read_request(SAMPLE), sockaddr.pack(host, 32853), PASSWORD)
    assert bytes.fromhex(MAPPED[host]) in answer
    message = aioice.parse_message(answer)
    assert message.message_class is aioice.Class.RESPONSE
    assert message.transaction_id == SAMPLE[8:20]
    assert message.check_message_integrity(PASSWORD)


def test_a_conflict_of_roles_is_answered_with_its_code() -> None:
    message = aioice.parse_message(refuse_role(read_request(SAMPLE), PASSWORD))
    assert message.message_class is aioice.Class.ERROR
    assert message.attributes["ERROR-CODE"] == (487, "Role Conflict")
    assert message.check_message_integrity(PASSWORD)


@pytest.mark.parametrize("nominates", [True, False])
def test_a_request_of_another_implementation_is_read(nominates: bool) -> None:
    attributes: dict[str, object] = {"USERNAME": "here:there", "PRIORITY": 1}
    if nominates:
        attributes["USE-CANDIDATE"] = None
    made = aioice.Message(aioice.Method.BINDING, aioice.Class.REQUEST, attributes=attributes)
    made.add_message_integrity(b"secret")
    request = read_request(bytes(made))
    assert (request.user, request.nominates) == (b"here:there", nominates)
    assert request.is_by(b"secret")


def test_any_bit_that_is_flipped_makes_it_unreadable_or_somebody_elses() -> None:
    for bit in range(8 * len(SAMPLE)):
        damaged = bytearray(SAMPLE)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            believed = read_request(bytes(damaged)).is_by(PASSWORD)
        except StunError:
            continue
        # The fingerprint's own head may say that it is none: it is not what is believed by.
        assert not believed or bit // 8 >= len(SAMPLE) - 8


def test_what_is_longer_than_any_browsers_request_is_not_looked_into() -> None:
    filled = aioice.Message(aioice.Method.BINDING, aioice.Class.REQUEST)
    filled.attributes = {"USERNAME": "x" * (MAX_REQUEST - 20)}
    with pytest.raises(StunError, match="stun_oversized"):
        read_request(bytes(filled))
