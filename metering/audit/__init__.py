"""The audit: the seven invariants, checked on a live store.

Owns the rules, as pure functions of one partition's snapshot and journal.

Promises no false alarm while money moves, and that nothing is written.

Does not mend what it finds.
"""
