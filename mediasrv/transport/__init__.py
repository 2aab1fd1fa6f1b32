"""A participant's way to the relay: ICE-lite, DTLS, SRTP, TURN credentials.

Owns: the checks by which an address is proven, the handshake, the keys.
Promises: machines without socket, task or clock; nobody unknown costs more than a look; only
authenticated packets come out.
Does not know: sessions, codecs, calls.
"""
