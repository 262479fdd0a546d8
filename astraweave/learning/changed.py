"""A person who plays in another way now: what was learned of the former one is set aside.

A confirmed switch of archetype, or from one unknown style to another, says that what tactics were
worth was worth it to another person, so to speak. Coming back to an archetype, its own statistics
are taken up where they were left; else a fifth of the present ones is kept, since some of it will
hold for the new style, too. Refuses to judge who plays: `playstyle.switching` does.
"""

import msgspec

from astraweave.learning.statistics import KeptStyle, LearnerState
from astraweave.playstyle import Evidence
from astraweave.playstyle.archetypes import UNKNOWN

KEPT = 0.2


def set_aside(state: LearnerState, before: Evidence, after: Evidence) -> Evidence:
    """The evidence of the traits, and `state` in place, after an episode.

    Args:
        state: the tactics' statistics, with the episode.
        before, after: the traits' evidence without and with it.
    """
    then, now = before.style, after.style
    if then is None or now is None or then.confirmed is None or now.confirmed is None:
        return after
    if now.switched_at == then.switched_at:
        return after
    if then.confirmed not in (UNKNOWN, now.confirmed):
        traits = msgspec.structs.replace(after, style=None).encoded()
        tactics = {name: sums.scaled(1.0) for name, sums in state.tactics.items()}
        state.styles[then.confirmed] = KeptStyle(tactics, dict(state.contexts), traits)
    cells = state.cells.items()
    state.cells = {here: (KEPT * total, KEPT * n, at) for here, (total, n, at) in cells}
    known = None if now.confirmed == UNKNOWN else state.styles.pop(now.confirmed, None)
    if known is None:
        state.tactics = {name: sums.scaled(KEPT) for name, sums in state.tactics.items()}
        contexts = state.contexts.items()
        state.contexts = {name: (KEPT * total, KEPT * count) for name, (total, count) in contexts}
        return after.faded(KEPT)
    state.tactics, state.contexts = known.tactics, known.contexts
    traits_then = Evidence.decoded(known.traits)
    return msgspec.structs.replace(traits_then, style=now, episodes=after.episodes)
