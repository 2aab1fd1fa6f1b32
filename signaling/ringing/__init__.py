"""From Call pressed to the answer: terms, admission, the order of a start, blocks, the bell.

Owns `{dir}:blocks:*`. Promises that nobody rings who cannot pay, is blocked or would not be heard,
that a start cut short leaves a record whose deadline ends it. Does not run a call once it has been
answered.
"""
