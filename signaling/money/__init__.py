"""People's side of the books: wallets, vouchers, earnings, cards, payouts, statements.

Owns no record: amounts, balances and their rules are `metering`'s. Promises that each request of a
person moves money once, that whoever gets money in a waiting call goes on talking, that earnings
are not released before the holds on them are in place.
"""
