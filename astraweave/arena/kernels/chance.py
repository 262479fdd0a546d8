"""Random numbers of a world: keyed by its seed, the tick and what they are for."""

from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.world import World, inner
from astraweave.model.kernels.rng import uniform


@inner()
def draw(w: World, stream: int) -> float:
    """A number in [0, 1) for this world, this tick and this use."""
    whole = w["whole"]
    # int(): numpy integers would overflow in `uniform` where nothing is compiled.
    return float(uniform(int(whole[at.SEED]), 0, int(whole[at.TICK]), stream))
