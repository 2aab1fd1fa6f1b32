"""A third in a call is one consumer more of the media there is: no other code."""

from __future__ import annotations

from mediasrv.call.proof import Presence, ProofCounter
from mediasrv.synthetic.peer import Peer
from tests.mediasrv.network import Link, Network

#: Those who hear the client.
SIDES = ("provider", "listener")


def _three() -> tuple[Network, Peer, Peer, Peer]:
    """A call with a place for a listener, who hears the client."""
    network = Network()
    client, provider = network.pair()
    call = network.engine._calls["call"]
    call.add_place("listener", "client", Presence(ProofCounter()))  # type: ignore[arg-type]
    listener = network.join("listener")  # type: ignore[arg-type]
    network.run(0.5)
    assert listener.connected
    return network, client, provider, listener


def test_one_source_has_two_consumers_and_both_are_sent_each_packet() -> None:
    network, client, provider, listener = _three()
    source = network.participant("client").inbound.sources[client.ssrcs.video]
    consumers = [network.participant(s).outbound.feed.consumers["video"] for s in SIDES]
    assert source.consumer is consumers[1]
    assert source.copies == (consumers[0],)
    sent = [consumer.packets for consumer in consumers]
    heard = [p.counts.video_packets_received for p in (provider, listener)]
    seen = [p.counts.frames_decoded for p in (provider, listener)]
    before = client.counts.video_packets_sent
    network.run(2)
    new = client.counts.video_packets_sent - before
    assert new > 40
    for i, peer in enumerate((provider, listener)):
        assert abs(consumers[i].packets - sent[i] - new) <= 3
        assert abs(peer.counts.video_packets_received - heard[i] - new) <= 3
        assert peer.counts.frames_decoded - seen[i] > 25


def test_each_has_numbers_and_a_congestion_control_of_its_own() -> None:
    network, client, _, _ = _three()
    network.run(1)
    one, two = (network.participant(s).outbound for s in SIDES)
    assert not set(one.feed.by_ssrc) & set(two.feed.by_ssrc)
    numbers = [c.last_seq for c in (one.feed.consumers["audio"], two.feed.consumers["audio"])]
    assert numbers == [-1, -1]  # neither was ever interrupted
    assert one.downlink is not two.downlink
    one.downlink.limit(400_000)
    two.downlink.limit(300_000)
    network.run(0.2)
    assert network.participant("client").inbound.uplink._limit_told == 300_000
    assert client.connected


def test_the_only_one_left_is_sent_the_buffer_itself() -> None:
    network, client, provider, listener = _three()
    network.engine.leave("call", "provider", network.now)
    source = network.participant("client").inbound.sources[client.ssrcs.audio]
    assert source.consumer is network.participant("listener").outbound.feed.consumers["audio"]  # type: ignore[arg-type]
    assert source.copies == ()
    heard = listener.counts.audio_packets_received
    gone = provider.counts.audio_packets_received
    network.run(1)
    assert listener.counts.audio_packets_received - heard >= 49
    assert provider.counts.audio_packets_received - gone <= 2


def test_losses_towards_one_are_repaired_for_that_one() -> None:
    network, client, provider, listener = _three()
    network.impair(down=Link(loss=0.1, delay=0.02))
    network.run(5)
    for side, peer in zip(SIDES, (provider, listener), strict=True):
        assert network.participant(side).outbound.nacks_served > 5
        assert peer.counts.retransmissions_received > 5
        assert peer.counts.frames_decoded > 50
    assert client.counts.retransmissions_sent == 0


def test_the_others_talk_and_prove_as_if_nobody_else_was_there() -> None:
    network, _, provider, _ = _three()
    proof_ms = network.engine.proof_ms("call")
    network.run(2)
    assert 1900 <= network.engine.proof_ms("call") - proof_ms <= 2050
    assert provider.counts.frames_decoded > 40
    assert set(network.engine.stats("call", network.now).media) == {"client", "provider"}
