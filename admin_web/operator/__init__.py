"""The operator's panel, a folder for each concern: what runs, people, money, rules.

Owns the pages that only operators see. Promises that what cannot be undone is asked about first.
Does not decide: `/api` does, which also keeps who did what.
"""
