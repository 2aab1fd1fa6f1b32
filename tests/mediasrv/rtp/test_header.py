"""RTP headers are looked at, or patched, inside the packet whatever they say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mediasrv.rtp.header import ExtensionMap, find_extension, payload_offset, payload_size


@given(st.binary(min_size=12, max_size=200), st.integers(0, 255))
def test_header_extensions_stay_inside_the_packet(packet: bytes, wanted: int) -> None:
    view = memoryview(bytearray(packet))
    mapping = ExtensionMap({n: (n + 1) % 16 for n in range(1, 15)})
    mapping.apply(view, 0, len(view))
    found = find_extension(view, 0, len(view), wanted)
    assert found is None or len(found) < len(view)
    assert payload_offset(view, 0, len(view)) >= 12 or len(view) == 12
    assert 0 <= payload_size(view, 0, len(view)) <= len(view)
