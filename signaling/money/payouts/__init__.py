"""Payouts: providers ask for available earnings, the operator pays or rejects.

Owns no record; the books keep payouts. Promises that a request is made once per key, that who paid
or rejected is in the audit log. Does not move money to a bank: the operator does.
"""
