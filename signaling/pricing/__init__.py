"""The operator's rules for calls: what is free, what the platform takes, how long one waits.

Owns `{dir}:pricing`. Promises that a change is made from the rules it was shown, that every change
is a version, that an hourly price stays within floor and cap. Does not touch calls that run: they
keep the rules they started with.
"""
