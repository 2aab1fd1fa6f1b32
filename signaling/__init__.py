"""People and calls: who may ring whom, and what state each call is in.

Owns: accounts and sessions, services and their slugs, the operator's pricing rules, presence (who
is on duty), the call record with its state machine, the registry of relays, the REST API (`/api`),
the WebSocket (`/ws`), the call page and the provider's console.

Promises: a call rings only when its provider is free and on duty and its client consented to the
very tariff that is locked in and can pay for it; a person is in one call at a time; every call that
was opened comes to an end and is settled, whichever process dies at whichever point; any number of
web processes may serve the same store, none keeps what another could not rebuild.

Does not guarantee: that an event reaches a browser (it says everything anew on the next change, and
`call.watch` tells the present state); exact timeouts (they fire within about a second). It moves no
money and no media itself: `metering` keeps the books, `mediasrv` carries the call.
"""
