"""WebSockets: one per open page, bounded both ways, each request answered exactly once.

Owns the greeting, the dispatch of commands and the queues. Promises that a slow reader never slows
anybody else. Knows no command and no event: rooms bring theirs.
"""
