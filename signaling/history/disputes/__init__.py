"""Problems that clients report with calls they paid for, until the operator has decided.

Owns `{dir}:disputes*`, `{dir}:deciding:*`. Promises one report a call, one decision at a time, a
hold on the provider's share for as long as a report is open. Does not judge.
"""
