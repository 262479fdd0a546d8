"""The demo: play beside Mira, in a window or headless. Run `astraweave demo`.

options   what was asked for        keys     which key does what (assets/keys.toml)
session   the esper world, Mira, the store: everything but the picture; imports no pygame
headless  plays without a window    summary  what it prints
window    the loop of frames        field, panel, screens, sprites, effects   the picture
replay    a rejected proposal, shown
"""
