"""The store of the books: where the money lies, how scripts are run there.

Owns the names of all keys, the number of partitions and the currency a store was made with, and the
way a Lua file beside a part becomes a script of the server.

Promises that a script runs whole or not at all, and that what `barrier` was awaited for is on disk
where the store keeps a log.

Does not know what any key means: no call, wallet or share.
"""
