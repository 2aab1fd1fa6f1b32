"""Accounts, services, the call from Call pressed to its receipt; told over REST, sockets.

Owns every key with the hash tag `{dir}`, sessions, rate limits, the relays' announcements. Promises
that nobody rings who cannot pay, that every call ends and is settled whatever process dies, that
each side is shown what is theirs to know. Does not hold money (`metering` does), carry media
(`mediasrv` does), serve HTML (`admin_web` does). A folder is a room; rooms import only those below
them:

kernel → people → pricing → relays → presence → services → calls → ringing → money → history →
operator. `site` makes their parts, `app` joins their rows.
"""
