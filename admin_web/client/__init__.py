"""A client's wallet: balance, topping up, statement."""
