"""What every room asks of the store: typed replies, counted attempts, news between processes.

Owns no record; each room names its own keys, all with the hash tag `{dir}` where one script needs
several of them. Promises bounded attempts, and a subscription that is found again after a loss.
Does not guarantee that a message arrives: one only says *look*.
"""
