"""What remains of calls: the list, the receipt worked out, a statement of a period.

Owns these pages for client, provider, operator alike. Promises that a receipt can be checked with
pen and paper. Does not compute money anew.
"""
