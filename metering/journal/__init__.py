"""The journal: double entries, with what people read of them.

Owns the form of an entry, the lines of clients' and providers' statements, the platform's own
accounts, their CSV.

Promises that opening, lines and closing of a period always add up, however much is archived.

Does not write: an entry or a line is written by the script that moves the money. Does not read the
archive's files.
"""
