"""Calls as they run: records, their state machine, the work that follows, the news of it.

Owns `{dir}:call:*`, `{dir}:calls*`, `{dir}:open`, `{dir}:due`; claims people in presence's `busy`.
Promises that a record is written before anything is done about it, that what is left to do can be
read off it, so that every call ends and is settled whatever crashes. Moves no money and no media
itself: books and relays do.
"""
