"""The rules of the reference game, compiled: arrays in, arrays out, nothing raised.

Each function but `play` takes one world's rows (see `layout`); `play` runs many worlds.
"""
