"""Every page: all HTML, every script, every style.

Owns a folder for each audience with its handlers, templates, scripts, styles; `frame/` is around
them all, `app.py` puts them together.

Promises: a page arrives with its data (nothing is fetched to fill it), works from a 360 px phone to
a desktop and from the keyboard alone, says every price and rule in words, runs no script or style
that is not served by this process (Content-Security-Policy).

Does not guarantee: any rule of money, rights or calls. Handlers ask `signaling` and render what it
answers; changes go through `/api`, which decides.
"""

from admin_web.app import setup

__all__ = ["setup"]
