"""How many calls one store can charge every second: `python -m bench.meter`.

Owns the three ways to charge that are compared. Promises that they take turns on one store. Does
not measure how a second is proven.
"""
