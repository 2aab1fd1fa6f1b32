"""A stand-in for a browser: real ICE, DTLS, SRTP, Opus, VP8 in a few hundred lines.

Owns: the other end of a relay's participant, for demonstrations, tests and benchmarks.
Promises: what it counts as decoded really went through a decoder; cheap enough to run in hundreds
(media is encoded once per process and looped).
Does not guarantee: congestion control, echo cancellation, lip synchronisation, or anything else
that makes a call pleasant.
"""

from __future__ import annotations

from mediasrv.synthetic.participant import SyntheticParticipant

__all__ = ["SyntheticParticipant"]
