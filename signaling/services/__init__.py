"""What providers offer: personal services, their addresses, hours, prices, the public catalogue.

Owns `{dir}:services*`, `{dir}:slugs`, `{dir}:published`. Promises that an address belongs to one
service, that a new price is a new version, that only published services are shown. Does not decide
whether a service may ring.
"""
