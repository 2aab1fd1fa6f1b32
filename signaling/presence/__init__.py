"""Who is here, on duty, taken.

Owns `{dir}:seen`, `{dir}:duty`, `{dir}:off`, the claims `{dir}:busy`. Promises that a provider
whose last socket closed 20 s ago is off duty, since when, why. Does not decide whether somebody may
be rung, nor who claims whom.
"""
