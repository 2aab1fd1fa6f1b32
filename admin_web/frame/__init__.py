"""The frame of every page.

Owns the base template, languages, formats, errors as pages, security headers, what is served as a
file, who may see a page; for scripts `lib/`. Promises that a page comes in its reader's language,
with the menu of its reader's role. Does not know any room: they hand in their rows (`rooms.py`).
"""
