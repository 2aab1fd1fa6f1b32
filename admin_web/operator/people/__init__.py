"""Accounts, with their money.

Owns the search for people, each one's page. Promises that one page says all the money of a person.
Does not show passwords, nor what was said in calls: neither is kept.
"""
