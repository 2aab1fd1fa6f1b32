"""What one relayed packet costs, here or elsewhere: `python -m bench.relay`.

Owns the load, the systems it is put through, the report. Promises that all of them get the same
packets, in turn, on the same core. Does not measure a browser, nor a network.
"""
