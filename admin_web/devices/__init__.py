"""Camera, microphone, speaker: chosen, checked, explained when one is missing.

Owns the device check with its template. Promises that a refused device is explained in words. Does
not know what the devices are for.
"""
