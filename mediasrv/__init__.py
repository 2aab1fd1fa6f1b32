"""The relay: carries the media of a call between its sides, proving that it flowed.

Owns: one UDP socket per process, ICE-lite, DTLS-SRTP, the forwarding of RTP and RTCP between the
client's and the provider's browser, the proof counter, media statistics, and the HTTP control API
through which the web process asks for all of it.

Promises: media is never decoded; only authenticated packets are forwarded or counted; bad input is
counted by kind and never raises; every table and queue is bounded; when a call is closed nothing
of it is left.

Does not guarantee: anything about money, people or tickets (it knows none), a call's survival of
its process (another relay takes it over and the browsers join again), or codecs the two browsers
do not share.

``now`` is everywhere in seconds of a clock that only goes forward; sizes are bytes.

Read in this order: ``engine`` (one datagram in, datagrams out), ``media_path`` (the way of one
packet), ``call`` (what one side sees of the other's microphone or camera), ``feedback``, ``rtcp``
(congestion control, each hop for itself); then ``relay`` and ``control``, the thin shell that does
the input and output. ``native`` makes native code of the packet path.
"""

from mediasrv.native import compiled

compiled.use(__path__)
