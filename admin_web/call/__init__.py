"""The client's page of a call: lobby, ringing, call, receipt.

Owns consent, the limit, topping up in the call. Promises that nobody is rung without consent to the
price shown. Does not decide whether a call may start: the server does.
"""
