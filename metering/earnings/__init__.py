"""Earnings: providers' shares from the end of a call to the bank.

Owns what is on its way home, what is pending, held, available, set aside or paid out.

Promises that a share comes home exactly once, waits out its dispute window, and never becomes
available while a report holds it.

Does not decide reports or send money: it notes what others decided and did.
"""
