"""Only time in which media of both sides arrived is proven."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mediasrv.call.proof import SILENCE_S, ProofCounter
from tests.mediasrv.network import Network


def _hear(counter: ProofCounter, side: int, now: float) -> None:
    presence = counter.sides[side]
    if now - presence.heard > SILENCE_S:
        presence.silence_ended(now)
    presence.heard = now


def test_proof_follows_the_older_of_the_two_sides() -> None:
    counter = ProofCounter()
    for i in range(101):
        _hear(counter, 0, 10 + i / 10)
        if i <= 50:
            _hear(counter, 1, 10 + i / 10)
    assert counter.read_ms() == 5000


def test_one_side_alone_proves_nothing() -> None:
    counter = ProofCounter()
    for i in range(100):
        _hear(counter, 0, i / 10)
    assert counter.read_ms() == 0


def test_a_silence_over_two_seconds_counts_not_even_its_beginning() -> None:
    counter = ProofCounter()
    for at in (0.0, 1.0, 2.0, 3.0):
        _hear(counter, 0, at)
        _hear(counter, 1, at)
    for at in (5.5, 6.5):
        _hear(counter, 0, at)
        _hear(counter, 1, at)
    assert counter.read_ms() == 4000


def test_a_silence_of_two_seconds_counts() -> None:
    counter = ProofCounter()
    for at in (0.0, 2.0, 4.0):
        _hear(counter, 0, at)
        _hear(counter, 1, at)
    assert counter.read_ms() == 4000


def test_nothing_is_counted_while_the_clock_is_paused() -> None:
    counter = ProofCounter()
    for i in range(61):
        if i == 20:
            counter.set_counting(False, i / 10)
        if i == 40:
            counter.set_counting(True, i / 10)
        _hear(counter, 0, i / 10)
        _hear(counter, 1, i / 10)
    assert 3900 <= counter.read_ms() <= 4000


def test_a_limit_is_never_passed_and_can_be_raised() -> None:
    counter = ProofCounter()
    counter.set_limit_ms(1000)
    for i in range(31):
        _hear(counter, 0, i / 10)
        _hear(counter, 1, i / 10)
    assert counter.read_ms() == 1000
    assert counter.exhausted
    counter.set_limit_ms(2000)
    assert not counter.exhausted
    assert counter.read_ms() == 1000


def test_a_limit_below_what_is_proven_takes_nothing_back() -> None:
    counter = ProofCounter()
    for i in range(31):
        _hear(counter, 0, i / 10)
        _hear(counter, 1, i / 10)
    assert counter.read_ms() == 3000
    counter.set_limit_ms(1000)
    for i in range(31, 41):
        _hear(counter, 0, i / 10)
        _hear(counter, 1, i / 10)
    assert counter.read_ms() == 3000


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3500)), max_size=60),
    st.sets(st.integers(0, 60)),
)
def test_proof_is_the_common_presence_whenever_it_is_read(
    steps: list[tuple[int, int]], readings: set[int]
) -> None:
    counter = ProofCounter()
    heard: tuple[list[int], list[int]] = ([], [])
    now_ms = 0
    last = 0
    for i, (side, wait_ms) in enumerate(steps):
        now_ms += wait_ms
        _hear(counter, side, now_ms / 1000)
        heard[side].append(now_ms)
        if i in readings:
            assert counter.read_ms() >= last
            last = counter.read_ms()
    one, two = (
        {ms for a, b in itertools.pairwise(h) if b - a <= 2000 for ms in range(a, b)} for h in heard
    )
    assert abs(counter.read_ms() - len(one & two)) <= 1


def test_forwarding_stops_when_the_limit_is_reached_and_resumes_when_it_is_raised() -> None:
    network = Network()
    client, _ = network.pair()
    network.engine.limit_proof("call", 2000)
    network.run(4)
    assert network.engine.proof_ms("call") == 2000
    stats = network.engine.stats("call", network.now)
    assert not stats.forward
    received = client.counts.video_packets_received
    network.run(1)
    assert client.counts.video_packets_received == received
    network.engine.limit_proof("call", 60_000)
    network.run(1)
    assert client.counts.video_packets_received > received
    assert network.engine.proof_ms("call") > 2500


def test_raising_the_limit_does_not_lift_a_hold() -> None:
    network = Network()
    client, _ = network.pair()
    network.engine.limit_proof("call", 1000)
    network.run(2)
    network.engine.set_mode("call", forward=False, count=False, now=network.now)
    network.engine.limit_proof("call", None)
    received = client.counts.video_packets_received
    network.run(1)
    assert client.counts.video_packets_received == received
    assert not network.engine.stats("call", network.now).forward


def test_on_hold_neither_flows_nor_counts_and_then_goes_on() -> None:
    network = Network()
    client, provider = network.pair()
    network.engine.set_mode("call", forward=False, count=False, now=network.now)
    proof, received = network.engine.proof_ms("call"), client.counts.audio_packets_received
    network.run(3)
    assert network.engine.proof_ms("call") == proof
    assert client.counts.audio_packets_received <= received + 1
    network.engine.set_mode("call", forward=True, count=True, now=network.now)
    decoded = provider.counts.frames_decoded
    network.run(2)
    assert network.engine.proof_ms("call") >= proof + 1900
    assert provider.counts.frames_decoded > decoded + 30


def test_a_paused_clock_lets_talk_go_on_unbilled() -> None:
    network = Network()
    client, _ = network.pair()
    network.engine.set_mode("call", forward=True, count=False, now=network.now)
    proof, received = network.engine.proof_ms("call"), client.counts.audio_packets_received
    network.run(2)
    assert network.engine.proof_ms("call") == proof
    assert client.counts.audio_packets_received > received + 90
