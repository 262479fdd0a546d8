"""The demo: play beside Mira, in a window or headless. Run `astraweave demo`.

options   what was asked for        keys     which key does what (assets/keys.toml)
session   the esper world, Mira, the store: everything but the picture; imports no pygame
headless  plays without a window    summary  what it prints
window    the loop of frames        match    what goes on in it     desk   what must not wait
picture   one frame: field, hud, panel, screens; sprites, effects, paint, palette
controls  keys and gamepads         view     the fight, as numbers to draw
tape      what came into a fight, in a file, and played again
still     screenshots headless      warm     kernels, before frame one
replay    a rejected proposal, shown: film, strip (PNG), moving (GIF), cinema (window), trace
tree_png  a tree, drawn for `astraweave tree render`
"""
