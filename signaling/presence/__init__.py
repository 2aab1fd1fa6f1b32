"""Who is here, on duty, taken.

Owns `{dir}:seen`, `{dir}:duty`, the claims `{dir}:busy`. Promises that a provider whose last socket
closed 20 s ago is off duty. Does not decide whether somebody may be rung, nor who claims whom.
"""
