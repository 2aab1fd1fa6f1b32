"""Datagrams from the kernel to memory, back again: sockets, buffers, addresses.

Owns: the receive buffers everything works on in place, the batched UDP socket, ICE-TCP framing,
routes in the form the kernel reads, limits by address, counters of what was refused.
Promises: never blocks, never raises for what comes in; a stranger's TCP connection is looked at and
ended here.
Does not know: participants, encryption, or what a packet means.
"""
