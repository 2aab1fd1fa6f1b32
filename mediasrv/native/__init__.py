"""The packet path as native code: made from this very source, used while it fits.

Owns: the folder of what mypyc compiled.
Promises: edited source is never shadowed by what was made before; without a compiler everything
runs interpreted, to the same effect.
Does not guarantee: that anything has been compiled.
"""
