"""The rules of the reference game, compiled: arrays in, arrays out, nothing raised.

Worlds lie in tiles (see `layout`), and a tick is played by a whole tile at once (see `lanes`).
"""
