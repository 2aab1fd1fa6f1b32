"""What happens on one hop is told to the sender of that hop, and to nobody else."""

from __future__ import annotations

import random
import struct

import pytest

from mediasrv.rtcp.packets import PSFB, REMB, REPORT, RR, RTPFB, TRANSPORT_CC, make_remb, read_remb
from mediasrv.rtcp.transport_cc import TransportFeedback, read_feedback
from mediasrv.rtp.header import HEADER_SIZE
from mediasrv.rtp.transport_seq import UNKNOWN, find_transport_seq
from mediasrv.synthetic.peer import Peer
from tests.mediasrv.network import Link, Network


class Listener(Peer):
    """A participant that keeps the RTCP it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []

    def _rtcp(self, packet: bytes, now: float) -> list[bytes]:
        at = 0
        while at < len(packet):
            end = at + 4 + 4 * int.from_bytes(packet[at + 2 : at + 4])
            self.heard.append(packet[at:end])
            at = end
        return super()._rtcp(packet, now)

    def of(self, kind: int, form: int | None = None) -> list[bytes]:
        return [p for p in self.heard if p[1] == kind and form in (None, p[0] & 0x1F)]

    def feedback(self) -> list[TransportFeedback]:
        told = [read_feedback(p) for p in self.of(RTPFB, TRANSPORT_CC)]
        assert None not in told
        return [t for t in told if t is not None]

    def reported_loss(self) -> float:
        """The largest share lost in the last reports on its streams."""
        blocks = [
            REPORT.unpack_from(p, at) for p in self.of(RR)[-3:] for at in range(8, len(p), 24)
        ]
        return max(fields[1] >> 24 for fields in blocks) / 256


def _pair(network: Network) -> tuple[Listener, Listener]:
    peers = (Listener(), Listener())
    network.join("client", peers[0])
    network.join("provider", peers[1])
    network.run(0.5)
    return peers


def test_a_sender_alone_is_told_how_its_hop_does() -> None:
    network = Network()
    client = Listener()
    network.join("client", client)
    network.run(3)
    told = client.feedback()
    assert 20 <= len(told) <= 35
    assert sum(len(t.ticks) for t in told) > 150
    assert all(tick is not None for t in told for tick in t.ticks)
    assert len(client.of(RR)) == 3


def test_losses_towards_the_receiver_are_none_of_the_senders() -> None:
    network = Network(seed=3)
    client, _ = _pair(network)
    network.impair(down=Link(loss=0.1, delay=0.02))
    network.run(8)
    assert client.reported_loss() == 0
    assert all(tick is not None for t in client.feedback() for tick in t.ticks)
    assert network.media("provider").loss_out > 0.05
    assert network.media("provider").nacks_served > 10
    assert not client.of(PSFB, REMB)


def test_losses_towards_the_relay_are_in_the_senders_reports() -> None:
    network = Network(seed=4)
    client, _ = _pair(network)
    network.impair(up=Link(loss=0.3))
    network.run(6)
    assert client.reported_loss() > 0.15
    lost = [tick for t in client.feedback() for tick in t.ticks if tick is None]
    assert len(lost) > 20


def test_round_trips_are_those_of_one_hop() -> None:
    network = Network()
    client, _ = _pair(network)
    network.impair(up=Link(delay=0.03), down=Link(delay=0.05))
    network.run(3)
    srtp = client.transport.srtp
    assert srtp is not None
    # What the relay says of a sender report: which one, and how long ago it came.
    fields = [REPORT.unpack_from(p, 8) for p in client.of(RR)[-2:]]
    assert all(last_sr for *_, last_sr, _ in fields)
    assert all(0 < delay < 1.1 * 65536 for *_, delay in fields)


def test_a_receivers_limit_reaches_the_sender_and_ends_with_the_receiver() -> None:
    network = Network()
    client, provider = _pair(network)
    srtp = provider.transport.srtp
    assert srtp is not None
    network.inject(srtp.protect_rtcp(make_remb(1, 250_000, [2])), network.address_of(provider))
    network.run(1)
    limits = [read_remb(p) for p in client.of(PSFB, REMB)]
    assert limits
    assert all(limit is not None and 249_000 < limit <= 250_000 for limit in limits)
    network.engine.leave("call", "provider", network.now)
    network.run(1)
    last = read_remb(client.of(PSFB, REMB)[-1])
    assert last is not None
    assert last > 50_000_000


def test_each_receiver_is_sent_numbers_without_holes_whoever_sends() -> None:
    network = Network()
    _pair(network)
    network.run(1)
    network.engine.leave("call", "client", network.now)
    network.join("client", Listener())
    network.run(1)
    told = network.participant("provider").outbound.downlink
    sent = [entry for entry in told.sent if entry >= 0]
    # All that was sent is confirmed but what is still on its way.
    assert told.number > 150
    assert len(sent) < 40
    assert told.limit_bps is None


@pytest.mark.parametrize("bits", [0, 1, 262_143, 262_144, 300_001, 10_000_000, 2**31])
def test_a_limit_survives_its_coding_within_a_hundred_thousandth(bits: int) -> None:
    found = read_remb(make_remb(1, bits, [2, 3]))
    assert found is not None
    assert bits * (1 - 1e-5) <= found <= bits


def _packet(elements: bytes) -> memoryview:
    padded = elements + bytes(-len(elements) % 4)
    head = struct.pack("!BBHII", 0x90, 96, 1, 2, 3)
    return memoryview(
        bytearray(head + struct.pack("!HH", 0xBEDE, len(padded) // 4) + padded + bytes(20))
    )


def test_a_layout_once_seen_finds_the_number_and_proves_that_it_is_there() -> None:
    first = _packet(bytes.fromhex("22 010203 31 1234 40 30"))
    found = find_transport_seq(first, 0, len(first), 3)
    assert found is not None
    at, layout = found
    assert first[at : at + 2] == b"\x12\x34"
    same = _packet(bytes.fromhex("22 040506 31 5678 40 31"))
    *heads, number = layout.read(same, HEADER_SIZE)
    assert tuple(heads) == layout.heads
    assert number == 0x5678
    for other in ("31 5678 22 040506 40 31", "22 040506 41 5678 40 31", "21 0405 31 5678 41 3131"):
        *heads, _ = layout.read(_packet(bytes.fromhex(other)), HEADER_SIZE)
        assert tuple(heads) != layout.heads


def test_padding_between_elements_is_never_taken_for_a_layout() -> None:
    packet = _packet(bytes.fromhex("40 30 00 31 1234"))
    found = find_transport_seq(packet, 0, len(packet), 3)
    assert found is not None
    assert packet[found[0] : found[0] + 2] == b"\x12\x34"
    assert found[1] is UNKNOWN


def test_any_extension_is_walked_without_leaving_the_packet() -> None:
    chance = random.Random(2)
    for _ in range(2000):
        packet = _packet(chance.randbytes(chance.randrange(40)))
        found = find_transport_seq(packet, 0, len(packet), chance.randrange(1, 15))
        assert found is None or found[0] + 2 <= len(packet)
