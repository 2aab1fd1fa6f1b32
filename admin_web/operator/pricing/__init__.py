"""The rules for calls that start from now."""
