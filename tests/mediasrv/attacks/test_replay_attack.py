"""Recorded or forged packets are never forwarded, counted as proof, or able to move a call."""

from __future__ import annotations

import re

from mediasrv.synthetic.peer import Peer
from tests.mediasrv.network import Network, address

STRANGER = address(240)


def test_a_replayed_media_packet_is_dropped() -> None:
    network = Network()
    client, _ = network.pair()
    network.recording = True
    network.run(0.5)
    network.recording = False
    key = network.address_of(client)
    packets = [d for d, k in network.sent_up if k == key and d[0] == 0x90]
    assert len(packets) > 20
    rejected = network.engine.counters.dropped["srtp_rejected"]
    for packet in packets:
        assert network.inject(packet, key) is None
    assert network.engine.counters.dropped["srtp_rejected"] - rejected == len(packets)


def test_replayed_reports_are_dropped() -> None:
    network = Network()
    client, _ = network.pair()
    network.recording = True
    network.run(1.2)
    network.recording = False
    key = network.address_of(client)
    reports = [d for d, k in network.sent_up if k == key and d[0] >> 6 == 2 and d[1] == 200]
    assert reports
    for report in reports:
        network.inject(report, key)
    assert network.engine.counters.dropped["srtcp_rejected"] == len(reports)


def test_media_from_another_address_is_not_forwarded() -> None:
    network = Network()
    client, _ = network.pair()
    datagrams = client.tick(network.now + 0.06)
    assert any(d[0] == 0x90 for d in datagrams)
    for datagram in datagrams:
        assert network.inject(datagram, STRANGER) is None
    assert network.engine.counters.dropped["unknown_source"] >= 1


def test_media_of_one_side_sent_from_the_others_address_is_rejected() -> None:
    network = Network()
    client, provider = network.pair()
    for datagram in client.tick(network.now + 0.06):
        assert network.inject(datagram, network.address_of(provider)) is None
    assert network.engine.counters.dropped["srtp_rejected"] >= 1


def test_forged_media_does_not_feed_the_proof() -> None:
    network = Network()
    client, provider = network.pair()
    keys = [network.address_of(client), network.address_of(provider)]
    network.peers.clear()
    network.run(0.5)
    proof = network.engine.proof_ms("call")
    for _ in range(100):
        network.now += 0.02
        for key in keys:
            network.inject(b"\x90\x6f" + bytes(200), key)
    assert network.engine.proof_ms("call") == proof


def test_a_recorded_check_from_another_address_does_not_move_the_call() -> None:
    network = Network()
    client, _ = network.pair()
    network.recording = True
    network.run(2.5)
    network.recording = False
    key = network.address_of(client)
    checks = [d for d, k in network.sent_up if k == key and d[0] == 0]
    assert checks
    for check in checks:
        network.inject(check, STRANGER)
    route = network.participant("client").connection.route
    assert route is not None
    assert route.key == key
    assert network.engine.counters.dropped["stun_replayed"] == len(checks)


def test_a_check_with_a_wrong_password_is_dropped() -> None:
    network = Network()
    client, _ = network.pair()
    check = bytearray(client.transport._check())
    check[-40] ^= 1
    network.inject(bytes(check), STRANGER)
    assert STRANGER not in network.engine.arrivals.by_source


def test_a_client_hello_from_an_unproven_address_starts_no_handshake() -> None:
    network = Network()
    network.join("client")
    hello = bytes.fromhex("16fefd0000000000000000002c") + bytes(44)
    for _ in range(100):
        network.inject(hello, STRANGER)
    assert network.participant("client").connection.dtls is None
    assert network.engine.counters.dropped["unknown_source"] == 100


def test_a_flood_of_client_hellos_is_stopped_before_any_handshake_work() -> None:
    network = Network(max_calls=50, handshakes_per_s=5)
    peers = [network.join("client", call=f"call-{i}") for i in range(20)]
    for i, peer in enumerate(peers):
        # All behind one NAT: one host, many ports.
        key = network.address_of(peer)
        network.peers[key[:2] + (6000 + i).to_bytes(2) + address(1)[4:]] = network.peers.pop(key)
    network.run(0.2)
    begun = [c for c in network.engine.calls() if network.participant("client", c).connection.dtls]
    assert 5 <= len(begun) <= 10
    assert network.engine.counters.dropped["handshake_limit"] >= 10


WRONG = ":".join(["00"] * 32)


class Impostor(Peer):
    """Its offer states the digest of another certificate than it shows."""

    def offer(self) -> str:
        return re.sub(r"(a=fingerprint:sha-256 )\S+", rf"\g<1>{WRONG}", super().offer())


def test_a_certificate_that_does_not_match_the_offer_gets_no_keys() -> None:
    network = Network()
    impostor = network.join("client", Impostor())
    network.run(1)
    assert network.participant("client").connection.srtp is None
    assert network.media("client").state == "gone"
    assert not network.media("client").packets_in
    assert impostor.counts.audio_packets_received == 0
