"""When a call is over, nothing of it is left in the relay."""

from __future__ import annotations

import gc
from pathlib import Path

from mediasrv.call.call import ABANDONED_S, Call
from mediasrv.call.participant import Participant
from mediasrv.net.route import Route
from mediasrv.synthetic.peer import Peer
from mediasrv.transport.connection import MAX_ROUTES
from tests.mediasrv.network import Network


def _resident_bytes() -> int:
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])


def _tables(network: Network) -> tuple[int, ...]:
    engine = network.engine
    return (
        len(engine._calls),
        len(engine.arrivals.by_source),
        len(engine._users),
        len(engine._handshaking),
        len(engine.changed),
    )


def test_closing_a_call_empties_every_table() -> None:
    network = Network()
    network.pair()
    network.engine.changed.clear()
    network.engine.close_call("call", network.now)
    network._drain()
    assert _tables(network) == (0, 0, 0, 0, 0)
    network.peers.clear()
    network._queue.clear()
    gc.collect()
    left = [o for o in gc.get_objects() if isinstance(o, (Call, Participant, Route))]
    assert left == []


def test_both_sides_are_told_when_a_call_is_closed() -> None:
    network = Network()
    pair = network.pair()
    network.engine.close_call("call", network.now)
    network._drain()
    network.run(0.1)
    assert all(peer.transport.closed for peer in pair)


def test_a_call_nobody_closes_is_dropped_in_the_end() -> None:
    network = Network()
    network.pair()
    for side in ("client", "provider"):
        network.engine.leave("call", side, network.now)
    network.run(1)
    assert network.engine.calls() == ["call"]
    network.now += ABANDONED_S
    network.run(0.2)
    assert network.engine.calls() == []


def test_a_participant_holds_a_bounded_number_of_addresses() -> None:
    network = Network()
    client, _ = network.pair()
    for _ in range(5 * MAX_ROUTES):
        key = network.attach(client)
        network.inject(client.transport._check(), key)
    assert len(network.participant("client").connection.routes) == MAX_ROUTES
    assert len(network.engine.arrivals.by_source) == MAX_ROUTES + 1


def test_memory_is_flat_over_a_thousand_calls() -> None:
    network = Network(max_calls=3)
    offers = [Peer(decode=False).offer(), Peer(decode=False).offer()]

    def some(count: int) -> None:
        for i in range(count):
            for side, offer in zip(("client", "provider"), offers, strict=True):
                network.engine.join(f"call-{i}", side, offer, network.now)  # type: ignore[arg-type]
            network.engine.tick(network.now)
            network.engine.close_call(f"call-{i}", network.now)
            network.engine.changed.clear()

    some(100)
    network.engine.outbox.clear()
    gc.collect()
    objects, memory = len(gc.get_objects()), _resident_bytes()
    some(1000)
    network.engine.outbox.clear()
    gc.collect()
    assert len(gc.get_objects()) - objects < 100
    assert _resident_bytes() - memory < 8_000_000
