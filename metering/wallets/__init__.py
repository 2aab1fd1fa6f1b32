"""Wallets: clients' money outside calls.

Owns cash, promotional credit with its dates, and vouchers.

Promises that a request is done once per key and a voucher credited once per client, and that what
is held for a call is never taken out.

Does not know cards or banks: a source is a word on a line.
"""
