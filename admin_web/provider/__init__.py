"""A provider's services, with their editor; earnings, payouts.

Owns their pages. Promises that a preview charges like the meter. Does not answer calls: `console/`
does.
"""
