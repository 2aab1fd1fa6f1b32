"""The directory's keys in Redis, in one place.

All carry the hash tag `{dir}`: a call's start checks and claims two people at once, so these keys
must share a slot on a cluster. Sessions and rate limits stand alone and are spread.
"""

from __future__ import annotations

BUSY = "{dir}:busy"  # hash: person → the call they are in
DUE = "{dir}:due"  # sorted set: call → when somebody must look at it (ms)
OPEN = "{dir}:open"  # set: calls that are not over
CALLS = "{dir}:calls"  # sorted set: every call by its start (ms)

USERS = "{dir}:users"  # sorted set: account by its creation (ms)
EMAILS = "{dir}:emails"  # hash: normalised address → user id

SERVICES = "{dir}:services"  # hash: id → record
SLUGS = "{dir}:slugs"  # hash: slug → service id
PUBLISHED = "{dir}:published"  # set: ids of services anyone may see

PRICING = "{dir}:pricing"  # the operator's rules

DISPUTES = "{dir}:disputes"  # hash: call → the problem its client reported
DISPUTES_OPEN = "{dir}:disputes-open"  # sorted set: call → when it was reported (ms)
DISPUTES_DECIDED = "{dir}:disputes-decided"  # sorted set: call → when it was decided (ms)
ACTIONS = "{dir}:actions"  # stream: what operators did with other people's money

DUTY = "{dir}:duty"  # set: providers that said they are on duty
SEEN = "{dir}:seen"  # sorted set: person → when a socket of theirs was last open (ms)

SLOW_ROUND = "{dir}:slow-round"  # which process looks for what crashes left, for a while

RELAYS = "relays"  # hash: relay → its last announcement

TICKS_CHANNEL = "tipmeet:ticks"
CALLS_CHANNEL = "tipmeet:calls"
DUTY_CHANNEL = "tipmeet:duty"
SIGNED_OUT_CHANNEL = "tipmeet:signed-out"


def call(call_id: str) -> str:
    """Hash: `v` the version, `r` the record."""
    return f"{{dir}}:call:{call_id}"


def calls_of(user_id: str) -> str:
    """Sorted set: a person's calls by their start (ms)."""
    return f"{{dir}}:calls:{user_id}"


def deciding(call_id: str) -> str:
    """Who is deciding the report about a call just now."""
    return f"{{dir}}:deciding:{call_id}"


def user(user_id: str) -> str:
    """An account's record."""
    return f"{{dir}}:user:{user_id}"


def services_of(provider_id: str) -> str:
    """Sorted set: a provider's services by their creation (ms)."""
    return f"{{dir}}:services:{provider_id}"


def blocks_of(provider_id: str) -> str:
    """Hash: client who cannot call this provider → since when, under which name."""
    return f"{{dir}}:blocks:{provider_id}"


def session(token_hash: str) -> str:
    """Who a session cookie belongs to."""
    return f"tipmeet:session:{token_hash}"


def rate(what: str, who: str) -> str:
    """How often `who` did `what` in the present window."""
    return f"tipmeet:rate:{what}:{who}"
