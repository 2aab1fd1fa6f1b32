"""Accounts, with their money."""
