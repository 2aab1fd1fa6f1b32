"""Statements of any period, in pages or as CSV.

Owns no record; the books keep every line. Promises that the opening balance with the lines of all
pages gives the closing balance. Does not change anything.
"""
