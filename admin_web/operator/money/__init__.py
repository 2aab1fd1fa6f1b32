"""Payouts, reports, vouchers, the books.

Owns the pages of money that moves by an operator's hand. Promises that each sum is shown before it
moves. Does not compute sums: the books do.
"""
