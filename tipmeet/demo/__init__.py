"""A call without a browser: the accounts of a first start, a person as a program, `tipmeet demo`.

Owns what an empty store is filled with. Promises to use the public API alone, as anybody could.
Does not stand in for a browser's media: that is `mediasrv.synthetic`.
"""
