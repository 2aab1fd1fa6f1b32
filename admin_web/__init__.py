"""Pages: public service pages, the pages of clients and providers, the operator's panel.

Owns every HTML page except the call itself (`/call/<slug>`) and the provider's console, which
belong to `signaling`; the Jinja environment and the languages all pages share; the security
headers of every answer.

Promises: a page arrives with its data (nothing is fetched to fill it), works from a 360 px phone
to a desktop and from the keyboard alone, says every price and rule in words, and runs no script or
style that is not served by this process (Content-Security-Policy).

Does not guarantee: any rule of money, rights or calls. Handlers ask `signaling` and render what it
answers; changes go through `/api`, which decides.
"""

from admin_web.app import setup

__all__ = ["setup"]
