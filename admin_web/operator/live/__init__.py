"""What runs now, what ran.

Owns the live view, the list of all calls. Promises a picture no older than a second while the page
is open. Does not end calls by itself: the operator does.
"""
