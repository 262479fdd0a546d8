"""The game's esper world, borrowed: switched to and back, read and never written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import esper

from astraweave.ecs.components import Player
from astraweave.errors import UsageError


@contextmanager
def inside(world: str) -> Iterator[None]:
    """`world` is current inside, the caller's again after, also when something is raised."""
    before = esper.current_world
    if before == world:
        yield
        return
    gone = world not in esper.list_worlds()
    esper.switch_world(world)
    try:
        yield
    finally:
        esper.switch_world(before)
        if gone:  # the game has deleted it: switching there made an empty one
            esper.delete_world(world)


def component_of(entity: int, kind: type[Any]) -> Any:
    """The component of an entity, or UsageError saying which is missing."""
    found = esper.try_component(entity, kind) if esper.entity_exists(entity) else None
    if found is None:
        raise UsageError(
            what=f"entity {entity} has no {kind.__name__} component",
            fix=f"esper.create_entity({kind.__name__}(…))",
        )
    return found


def only_player() -> int:
    """The one entity with a `Player`, or UsageError saying how many there are."""
    players = [entity for entity, _ in esper.get_component(Player)]
    if len(players) != 1:
        raise UsageError(
            what=f"the world has {len(players)} players", where="begin", fix="give player=…"
        )
    return players[0]
