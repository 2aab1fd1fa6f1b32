"""The call on screen, the same for both sides.

Owns the stage, the session that follows the server, the media link, the meter in words. Promises
that the figures shown add up, that a lost line comes back by itself. Does not know how a call was
begun, nor what only one side can do: the pages of `call/` or `console/` hand that in.
"""
