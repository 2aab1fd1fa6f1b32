"""What only operators see: live sessions, people with their money, whether the books are in order.

Owns no record. Promises that nothing is made for the live view while nobody watches. Changes
nothing: what an operator changes lives in the room of the thing that is changed.
"""
