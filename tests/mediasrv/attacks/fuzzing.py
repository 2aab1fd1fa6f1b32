"""Targets for a fuzzer: what any bytes may do to the demultiplexer and to the RTCP mapper.

``python tests/mediasrv/attacks/fuzzing.py TARGET FOLDER [libFuzzer's options]`` looks for new
inputs with atheris and keeps them in the folder; ``corpus/`` holds what was found, and is replayed
by ``test_fuzz_corpus.py``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CORPUS = Path(__file__).parent / "corpus"
#: Inputs after which a call begins anew: its consent would end, and its tables are looked at.
INPUTS_PER_CALL = 2000
#: The first byte of an input says where it comes from, and whether with the client's own keys.
FROM_STRANGER, FROM_CLIENT, AS_RTP, AS_RTCP = range(4)


def demultiplexer() -> Callable[[bytes], None]:
    """One datagram into the engine of a live call; see ``FROM_STRANGER``."""
    from tests.mediasrv.network import Network, address

    state: list[Network] = []
    stranger = address(240)

    def once(data: bytes) -> None:
        if not data:
            return
        if not state:
            network = Network()
            network.pair()
            state.append(network)
            state.extend([network] * INPUTS_PER_CALL)
        network = state.pop()
        network.now += 0.001
        key = next(iter(network.peers))
        srtp = network.peers[key].transport.srtp
        assert srtp is not None
        mode, datagram = data[0] % 4, data[1:]
        if mode == AS_RTP:
            datagram = srtp.protect(datagram)
        elif mode == AS_RTCP:
            datagram = srtp.protect_rtcp(datagram)
        network.inject(datagram, stranger if mode == FROM_STRANGER else key)
        if len(state) % 50 == 0:
            network.engine.tick(network.now)
            network._drain()
        if len(state) <= 1:
            assert network.media("client").state in ("connected", "flowing", "interrupted")
            assert len(network.engine.arrivals.by_source) == 2
            assert len(network.participant("client").inbound.sources) <= 16
            state.clear()

    return once


def rtcp() -> Callable[[bytes], None]:
    """One compound in the clear into the mapper; what comes out must be well formed."""
    from mediasrv.call.consumer import Consumer
    from mediasrv.call.source import Source
    from mediasrv.call.translation import Numbers, renumbered, translate
    from mediasrv.sdp.negotiation import negotiate
    from mediasrv.sdp.offer import parse_offer
    from mediasrv.synthetic.peer import Peer

    medium = negotiate(parse_offer(Peer().offer()), None).media[1]
    consumers = {kind: Consumer(kind, i, i + 1) for i, kind in enumerate(("audio", "video"))}
    received = Consumer("video", 0x200, 0x201)
    numbers = Numbers({0x300: Source(0x300, medium)}, {0x200: received, 0x201: received})

    def once(data: bytes) -> None:
        out = translate(data, numbers)
        passed = renumbered(out.passages, consumers)
        at = 0
        while at < len(passed):
            assert passed[at] >> 6 == 2
            at += 4 + 4 * int.from_bytes(passed[at + 2 : at + 4])
        assert at == len(passed) <= len(data) + 8
        assert all(len(lost) <= 256 for _, lost in out.nacks)
        assert sum(len(told.ticks) for told in out.feedback) <= 32 * 2048

    return once


TARGETS = {"demultiplexer": demultiplexer, "rtcp": rtcp}


def main() -> None:
    """Runs one target under atheris; see the module."""
    import atheris

    name, folder, *options = sys.argv[1:]
    os.environ["MEDIASRV_COMPILED"] = "no"  # the fuzzer follows bytecode
    with atheris.instrument_imports(include=["mediasrv"]):
        pass
    target = TARGETS[name]()
    atheris.Setup([sys.argv[0], folder, "-max_len=1500", *options], target)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
