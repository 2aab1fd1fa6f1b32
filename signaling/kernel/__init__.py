"""What every room stands on: problems, clocks, rounds, the rows of a room; store, HTTP, sockets.

Owns how rows are dispatched: a route, a command, a channel, a round. Promises that a handler runs
only for who may ask, with a body that has been checked, within its bounds, and that whatever it
raises becomes an answer in words. Knows no feature: what is asked and answered is the rooms'.
"""
