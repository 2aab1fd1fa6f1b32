"""The archive: old entries, receipts, lines as files.

Owns the files' form and what of it may be cut off the store.

Promises that only what is on disk is cut off, and that a file that has its name is whole.

Does not run by itself or twice at once: the caller sees to that.
"""
