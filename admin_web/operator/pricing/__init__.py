"""The rules for calls that start from now.

Owns their form. Promises that a change by somebody else meanwhile is shown, never undone unseen.
Does not touch calls that run.
"""
