"""What is known of RTP packets, of their streams: one idea a module.

Owns: headers patched in place, loss and jitter of a stream, the cache for repeats, redundant audio,
requests for lost packets and keyframes.
Promises: bounded tables; lengths that lie are noticed.
Does not know: who sends or receives; RTCP.
"""
