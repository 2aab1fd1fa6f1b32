"""Where the money lies: partitions, their hash tags, the names of their keys.

A client's money and calls live in partition crc16(client id) mod P, a provider's earnings in
crc16(provider id) mod P. Every key of a partition carries its hash tag, so that one script can
touch all of them on a Redis Cluster. The forms of packed rows are in `metering.store.rows`.

| key | holds |
|---|---|
| `{p}:acct` | balances: `cash:<client>` `promo:<client>` `earn:<provider>` (on its way home) `pending:<provider>` `avail:<provider>` `payout:<provider>` (home) `platform` `external` |
| `{p}:tariff` | live call → what a tick needs of its locked tariff (packed) |
| `{p}:meter` | live call → its one hot row (packed): seconds charged (the watermark), proof (ms, only ever raised), what is left of its hold, the provider's share so far, promotional credit drawn beyond the hold, the clock's offset, epoch, owner; hold and share are balances too, `hold:<call>` and `share:<call>` in the journal |
| `{p}:spans` | live call → the stretches of time behind n (msgpack) |
| `{p}:pause` | live call → when its clock was paused (msgpack) |
| `{p}:call` | live call → who, what, when, the whole tariff (msgpack) |
| `{p}:live` | client → its one live paid call |
| `{p}:receipt` | ended call → the facts of its receipt (msgpack) |
| `{p}:refund` | ended call → what was given back, as it was split (msgpack) |
| `{p}:probe` | client and service → when free probes were used (msgpack) |
| `{p}:outbox` | ended call → provider share still to be moved home |
| `{p}:moved` | ended call → cumulative share and claw-back moved home (msgpack) |
| `{p}:applied` | call → cumulative share and claw-back that came home here (msgpack) |
| `{p}:due` | call → when its pending share becomes available |
| `{p}:contested` | call → whose share of it is held for a client's report, since when (msgpack): it stays pending and out of `{p}:due` |
| `{p}:payouts` | payout id → its state (msgpack) |
| `{p}:paid` | provider → all that was ever paid out |
| `{p}:lots` | client → grants of promotional credit that may expire (msgpack) |
| `{p}:idem` | request key → hash of the request, time, result (msgpack) |
| `{p}:journal` | stream of double entries |
| `{p}:base` | balances that the archived part of the journal adds up to |
| `{p}:stmt` | statement lines, sorted by owner and time |
| `books` | the number of partitions and the currency this store was made with |
"""  # noqa: E501 - a table row is one line

from __future__ import annotations

import re
import secrets
from binascii import crc_hqx
from functools import lru_cache

from metering.errors import UnknownAccountError, UnknownCallError

# Fewer make longer batches, and a tick in a batch of 200 costs the store two thirds of one in a
# batch of 50 (`python -m bench.meter --partitions N`); more would only serve a cluster of hundreds
# of primaries. A store remembers its number: it must never change.
PARTITIONS = 256

_ID = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_CALL_ID = re.compile(r"[0-9a-f]{4}-[0-9a-zA-Z_.-]{1,48}")


def check_id(account_id: str) -> str:
    """The id itself, or UnknownAccountError when nobody can have it."""
    if not _ID.fullmatch(account_id):
        raise UnknownAccountError
    return account_id


def partition_of(account_id: str, partitions: int) -> int:
    """The partition of a client or provider: CRC-16/XMODEM, the one Redis Cluster uses."""
    return crc_hqx(check_id(account_id).encode(), 0) % partitions


def new_call_id(client_id: str, partitions: int) -> str:
    """A fresh call id that carries its client's partition: `<4 hex>-<16 hex>`."""
    return f"{partition_of(client_id, partitions):04x}-{secrets.token_hex(8)}"


def call_partition(call_id: str, partitions: int) -> int:
    """The partition a call id carries. Raises UnknownCallError for anything else."""
    if not _CALL_ID.fullmatch(call_id):
        raise UnknownCallError
    partition = int(call_id[:4], 16)
    if partition >= partitions:
        raise UnknownCallError
    return partition


@lru_cache(maxsize=65_536)
def key(partition: int, name: str) -> str:
    """The full name of a partition's key."""
    return f"{{{partition:04x}}}:{name}"
