"""A call: its participants, what they send, what they are sent, the proof that it flowed.

Owns: all state of one call.
Promises: the proof only rises, by authenticated packets of both sides; every table is bounded.
Does not know: sockets, the relay's other calls, money, people.
"""
