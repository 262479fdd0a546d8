"""The words of the system as types, in the order the data flows. Refuses to do anything.

episode   what was played            columns, draft   the same as arrays, and while it grows
memory    what is kept of it         profile          what is believed about the player
weights   what is proposed           verdict          what the sandbox says, what is deployed
actions, facts, scenario             what a game declares
ports     where a game plugs in      learned          what one step of learning writes
rng, shipped                         random numbers by counter, shipped files
"""
