"""A client's wallet: balance, topping up, statement.

Owns that page. Promises that money shown is money there: what a running call holds is told apart.
Does not take payments: `/api` does.
"""
