"""Calls: from the quote to the receipt, second by second.

Owns the locked tariff, the hold, the hot row that ticks change, the receipt, what is given back.

Promises that a call is charged exactly C(n) of its tariff, n never above the proof and never
falling, by the one process that holds its epoch.

Does not measure time or media: it believes the proof of the call's owner.
"""
