"""What is lost on either hop comes back, mostly without the sender's help."""

from __future__ import annotations

from tests.mediasrv.network import Link, Network


def test_packets_lost_towards_the_receiver_are_served_from_the_relays_cache() -> None:
    network = Network(seed=3)
    client, provider = network.pair()
    network.impair(down=Link(loss=0.1, delay=0.02))
    network.run(10)
    media = network.media("provider")
    assert media.nacks_in > 10
    assert media.nacks_served >= 0.9 * media.nacks_in
    assert provider.counts.retransmissions_received > 10
    assert client.counts.retransmissions_sent == 0
    assert provider.counts.frames_decoded > 170


def test_packets_lost_towards_the_relay_are_asked_for_by_the_relay() -> None:
    network = Network(seed=4)
    client, provider = network.pair()
    network.impair(up=Link(loss=0.1, delay=0.02))
    network.run(10)
    assert network.media("client").nacks_out > 10
    assert network.media("client").loss_in > 0.04
    assert client.counts.retransmissions_sent > 10
    assert provider.counts.retransmissions_received > 10
    assert provider.counts.frames_decoded > 170


def test_loss_reordering_and_duplicates_on_both_hops_leave_the_call_watchable() -> None:
    for seed in range(5):
        network = Network(seed)
        peers = network.pair()
        link = Link(loss=0.05, delay=0.03, jitter=0.02, duplicate=0.02)
        network.impair(link, link)
        network.run(10)
        for peer in peers:
            assert peer.counts.frames_decoded > 130, seed
            assert peer.counts.audio_packets_received > 430, seed
        assert network.engine.counters.dropped["protect_failed"] == 0
        network.lose(0)
        network.run(2)


def test_loss_is_reported_where_it_happens() -> None:
    network = Network(seed=5)
    network.pair()
    network.impair(up=Link(loss=0.2))
    network.run(8)
    assert 0.1 < network.media("client").loss_in < 0.3
    network.impair(up=Link(), down=Link(loss=0.2))
    network.run(8)
    assert network.media("client").loss_in < 0.02
    assert 0.1 < network.media("client").loss_out < 0.3


def test_a_packet_is_asked_for_a_bounded_number_of_times() -> None:
    network = Network(seed=6)
    network.pair()
    network.impair(up=Link(loss=1.0))
    network.run(0.2)
    network.impair(up=Link(loss=0.0), down=Link(loss=1.0))
    network.run(3)
    media = network.media("client")
    assert 0 < media.nacks_out < 100
