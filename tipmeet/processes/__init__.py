"""The processes of an installation: store, relay, web, the ticker in between, their supervisor.

Owns how each is started, watched, ended. Promises that none outlives its parent. Does not know
what a call is.
"""
