"""Who somebody is: accounts, guests, sessions, the log of what operators did.

Owns `{dir}:user:*`, `{dir}:users`, `{dir}:emails`, `{dir}:actions`, `tipmeet:session:*`,
`tipmeet:from:*`. Promises that a failed sign-in takes as long whatever was wrong, that nobody locks
out or keeps waiting an owner at an address they signed in from before, that only a token's hash is
stored, that signing out closes the session's sockets everywhere. Does not know what a person may
buy or sell.
"""
