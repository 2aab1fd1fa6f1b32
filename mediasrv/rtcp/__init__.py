"""RTCP packets as bytes, with the congestion control that lives on them.

Owns: the formats, transport-wide feedback, the estimate of a downlink.
Promises: what lies about its length is refused; all by the time that is handed in.
Does not know: whose packets they are.
"""
