"""What remains of a call: everybody's own list, receipts with what came after, reported problems.

Owns `{dir}:disputes*`, `{dir}:deciding:*`. Promises that a reported call's share waits until the
report is decided, that a decision cut short can be made again. Changes no call.
"""
