"""Signing in, creating an account.

Owns the two pages. Promises that nobody is sent off the site after signing in. Does not check a
password: `/api` does.
"""
