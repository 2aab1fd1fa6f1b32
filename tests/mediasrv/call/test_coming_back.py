"""Reload, network switch, crashed tab: one side comes back, the other hardly notices."""

from __future__ import annotations

from mediasrv.synthetic.peer import Peer
from mediasrv.transport.ice import CONSENT_TIMEOUT_S
from tests.mediasrv.network import Network, address


def test_a_network_switch_moves_the_media_with_the_next_check() -> None:
    network = Network()
    client, provider = network.pair()
    key = network.attach(client)
    network.run(3)
    route = network.participant("client").connection.route
    assert route is not None
    assert route.key == key
    before = client.counts.video_packets_received
    network.run(2)
    assert client.counts.video_packets_received > before + 40
    assert network.media("client").state == "flowing"
    assert provider.counts.frames_decoded > 80


def test_a_nominated_check_is_needed_to_move() -> None:
    network = Network()
    client, _ = network.pair()
    old = network.address_of(client)
    for datagram in client.tick(network.now + 0.06):
        network.inject(datagram, address(99))
    route = network.participant("client").connection.route
    assert route is not None
    assert route.key == old


def test_an_ice_restart_keeps_keys_streams_and_numbering() -> None:
    network = Network()
    client, provider = network.pair()
    srtp = network.participant("client").connection.srtp
    answer = network.engine.join("call", "client", client.restart_offer(), network.now)
    assert network.participant("client").connection.srtp is srtp
    client.accept(answer, network.now)
    network.attach(client)
    network.run(2)
    assert client.transport.checked
    assert network.participant("client").connection.srtp is srtp
    assert network.media("client").state == "flowing"
    assert network.media("provider").loss_out < 0.2
    assert client.counts.frames_decoded > 40
    assert provider.counts.frames_decoded > 40


def test_the_same_offer_again_gets_the_same_answer() -> None:
    network = Network()
    peer = Peer()
    first = network.engine.join("call", "client", peer.offer(), network.now)
    assert network.engine.join("call", "client", peer.offer(), network.now) == first


def test_a_reloaded_page_continues_the_stream_the_other_side_sees() -> None:
    network = Network()
    client, provider = network.pair()
    network.run(1)
    reports = [
        t.last_seq for t in network.engine._calls["call"].places["provider"].feed.consumers.values()
    ]
    assert reports == [-1, -1]
    decoded = provider.counts.frames_decoded
    for key in [k for k, p in network.peers.items() if p is client]:
        del network.peers[key]
    network.run(1)
    again = network.join("client")
    network.run(2)
    assert again.counts.frames_decoded > 20
    assert provider.counts.frames_decoded > decoded + 25
    # Two numbers are left out where the new page takes over, none doubled.
    lost = [r.expected - r.packets for r in provider._received.values()]
    assert all(0 <= n <= 4 for n in lost)


def test_the_other_sides_answer_keeps_its_ssrcs_after_a_reload() -> None:
    network = Network()
    network.pair()
    ssrcs = network.engine._calls["call"].places["client"].feed.ssrcs
    network.join("client")
    assert network.engine._calls["call"].places["client"].feed.ssrcs == ssrcs


def test_a_short_reload_leaves_no_hole_in_the_proof() -> None:
    network = Network()
    client, _ = network.pair()
    network.run(2)
    del network.peers[network.address_of(client)]
    network.run(1)
    before = network.engine.proof_ms("call")
    network.join("client")
    network.run(1)
    assert network.engine.proof_ms("call") > before + 1500


def test_a_crashed_tab_is_interrupted_then_gone() -> None:
    network = Network()
    client, provider = network.pair()
    del network.peers[network.address_of(client)]
    network.run(1.5)
    assert network.media("client").state == "flowing"
    network.run(1)
    assert network.media("client").state == "interrupted"
    network.engine.changed.clear()
    network.run(CONSENT_TIMEOUT_S)
    assert network.media("client").state == "gone"
    assert network.media("provider").state == "flowing"
    assert "call" in network.engine.changed
    assert provider.connected


def test_media_alone_is_not_consent() -> None:
    network = Network()
    client, _ = network.pair()
    client.transport._check_at = float("inf")
    network.run(CONSENT_TIMEOUT_S - 2)
    assert network.media("client").state == "flowing"
    network.run(3)
    assert network.media("client").state == "gone"


def test_a_participant_that_never_connects_is_gone_in_time() -> None:
    network = Network()
    network.engine.join("call", "client", Peer().offer(), network.now)
    network.run(1)
    assert network.media("client").state == "connecting"
    network.now += CONSENT_TIMEOUT_S
    network.run(0.2)
    assert network.media("client").state == "gone"
