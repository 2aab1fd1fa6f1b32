"""What anybody sees: the directory, the public page of a service.

Owns these two pages. Promises that price, first seconds, hours are said before any click. Does not
need a script to be read.
"""
