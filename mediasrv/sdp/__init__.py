"""Session descriptions: a browser's offer read, weighed, answered.

Owns: which sections, codecs, header extensions are taken.
Promises: reads in linear time, names the line it refuses, answers once for the whole call.
Does not guarantee: anything for sections other than one of audio, one of video.
"""
