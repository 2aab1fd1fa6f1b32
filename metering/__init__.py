"""The money of TipMeet: tariffs, wallets, the meter of live calls, vouchers, earnings, the audit.

Owns every key that carries a partition's hash tag (`{00ab}:…`, see `metering.store.keys`) and
`{vouchers}:…`. Money is an integer number of micro-units of one currency; never a float.

Promises, at every instant, after any crash, for any order and repetition of messages:

1. The balances of a partition sum to zero, `external` included.
2. A call is charged exactly C(n) of its locked tariff, n <= proven seconds, n never falls.
3. Available money and holds are never negative; a hold is gone when its call has ended.
4. A call that ended inside a retroactive threshold charged nothing.
5. A provider's share comes home exactly once.
6. Replaying the journal gives the balances.
7. An owner whose epoch is stale changes nothing.

`metering.audit.audit` checks all seven on the live store.

Does not guarantee: that a relay's proof is honest (it believes the process that holds the call's
epoch), that a second of charging survives a power cut between two disk syncs (it is charged again
from proof, never twice), or that anyone is told about a change: callers read the answer.

Knows no media and no web. Entry points: `metering.books.Books`,
`metering.calls.meter.Meter`, `metering.audit.audit.audit`, `metering.archive.archive.archive`.
"""
