"""TipMeet put together: command line, settings, process supervision, the embedded store.

Owns the `tipmeet` command with its settings. Promises that whoever can start it can pay for a call
at once. Does not decide anything about calls, money, media.
"""
