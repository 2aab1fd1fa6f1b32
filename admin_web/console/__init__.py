"""The provider's side of a call: duty, ringing callers, missed calls.

Owns the console, with duty in the header of a provider's other pages. Promises that whoever is on
duty hears a caller on any page. Does not decide who may ring.
"""
