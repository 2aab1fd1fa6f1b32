"""Which relays carry calls, what each said last, by which servers browsers reach them.

Owns the hash `relays` as well as the relays' channel of ticks. Promises that a relay silent for 5 s
counts as dead, that the least loaded living one is picked. Does not decide what follows from it.
"""
