"""What is to be seen of the arena at one moment, out of a duel. Reads; changes nothing.

A `Scene` is plain numbers, so that pictures need no kernels and a replay keeps hundreds of them.
"""

import math
from dataclasses import dataclass, field
from itertools import combinations

from astraweave.arena import Duel, View
from astraweave.arena.declared import FIELD_H, FIELD_W, PLAYER_ACTIONS, SLOT_NAMES
from astraweave.arena.kernels import balance

FIELD = (FIELD_W, FIELD_H)
HEAL_WAIT_TICKS = float(balance.HEAL_WAIT_TICKS)
FIRST_ENEMY = 2
ROOM, FARTHEST = 1.3, 1.2


@dataclass(slots=True)
class Fighter:
    """One body. Metres, shares of [0, 1]; `swing` counts ticks since its last own action."""

    slot: int
    kind: str
    x: float
    y: float
    vx: float
    vy: float
    health: float
    hp: float
    swing: int
    hunts: int
    taunted: bool = False
    pinned: bool = False
    hexed: bool = False
    blocking: bool = False


@dataclass(slots=True)
class Shot:
    """One projectile: metres, metres a tick, the slot that shot it."""

    x: float
    y: float
    vx: float
    vy: float
    shooter: int


@dataclass(slots=True)
class Scene:
    """One tick. `player_action` is the player's last, `aim` the slot it was for (−1 none)."""

    tick: int
    seconds_left: float
    fighters: list[Fighter]
    shots: list[Shot]
    walls: tuple[tuple[float, float, float, float], ...]
    tactic: str | None
    player_action: str | None
    aim: int
    stamina: float
    mana: float
    heal_wait: float
    companion_stamina: float
    companion_mana: float
    done: bool

    def slot(self, number: int) -> Fighter | None:
        """The fighter of a slot; None when nobody is there."""
        return next((fighter for fighter in self.fighters if fighter.slot == number), None)

    @property
    def enemies(self) -> int:
        """How many enemies stand."""
        return sum(f.slot >= FIRST_ENEMY and f.hp > 0.0 for f in self.fighters)


def scene_of(duel: Duel, tactic: str | None, seconds: float) -> Scene:
    """The scene of a fight of at most `seconds`, with the companion's `tactic` by name."""
    seen = duel.state
    walls = seen.walls.tolist()
    action = seen.player_action
    did = duel.did
    return Scene(
        tick=duel.ticks,
        seconds_left=max(0.0, seconds - duel.ticks / 60.0),
        fighters=_fighters(seen),
        shots=[Shot(x, y, vx, vy, int(who)) for x, y, vx, vy, who in seen.projectiles.tolist()],
        walls=tuple((w[0], w[1], w[2], w[3]) for w in walls if w[2] > w[0]),
        tactic=tactic,
        player_action=PLAYER_ACTIONS[action] if action >= 0 else None,
        aim=-1 if did is None or did.target is None else SLOT_NAMES.index(did.target),
        stamina=float(seen.stamina[0]) / 100.0,
        mana=float(seen.mana[0]) / 100.0,
        heal_wait=seen.heal_wait[0] / HEAL_WAIT_TICKS,
        companion_stamina=float(seen.stamina[1]) / 100.0,
        companion_mana=float(seen.mana[1]) / 100.0,
        done=duel.done,
    )


def _fighters(seen: View) -> list[Fighter]:
    columns = (seen.xy, seen.velocity, seen.hp, seen.max_hp, seen.archer, seen.since_action)
    marks = (seen.hunts, seen.taunted, seen.pinned, seen.hexed)
    found = []
    for slot, row in enumerate(zip(*(c.tolist() for c in (*columns, *marks)), strict=True)):
        (x, y), (vx, vy), hp, full, archer, swing, hunts, taunted, pinned, hexed = row
        if full <= 0.0:
            continue
        kind = ("player", "mira")[slot] if slot < 2 else "archer" if archer else "brute"
        left = max(0.0, hp)
        found.append(
            Fighter(
                slot, kind, x, y, vx, vy, left / full, left, swing, hunts, taunted, pinned, hexed
            )
        )
    found[0].blocking = seen.blocking > 0
    return found


def heading_of(fighter: Fighter, scene: Scene, before: float) -> float:
    """Where a fighter looks, in radians: at its foe while it acts, else where it walks.

    Turns at most an eighth of the way a tick, so that nobody spins.
    """
    wanted = before
    foe = scene.slot(_foe(fighter, scene))
    moving = math.hypot(fighter.vx, fighter.vy)
    if foe is not None and (fighter.swing < 45 or moving < 0.005 or fighter.slot >= 2):
        wanted = math.atan2(foe.y - fighter.y, foe.x - fighter.x)
    elif moving >= 0.005:
        wanted = math.atan2(fighter.vy, fighter.vx)
    turn = (wanted - before + math.pi) % math.tau - math.pi
    return before + turn / 8.0


def _foe(fighter: Fighter, scene: Scene) -> int:
    if fighter.slot >= FIRST_ENEMY:
        return fighter.hunts
    standing = [f for f in scene.fighters if f.slot >= FIRST_ENEMY and f.hp > 0.0]
    if not standing:
        return -1
    nearest = min(standing, key=lambda f: (f.x - fighter.x) ** 2 + (f.y - fighter.y) ** 2)
    return nearest.slot


@dataclass(slots=True)
class Elbows:
    """Room between bodies in the picture: in the fight they may stand on each other's toes.

    Keeps how far each is drawn from where it stands, in metres, so that nobody jumps.
    """

    offsets: dict[int, tuple[float, float]] = field(default_factory=dict)

    def part(self, scene: Scene) -> None:
        """Move the fighters of a scene apart, the player least of all."""
        standing = [f for f in scene.fighters if f.hp > 0.0]
        true = {f.slot: (f.x, f.y) for f in standing}
        for f in standing:
            dx, dy = self.offsets.get(f.slot, (0.0, 0.0))
            # They return to where they stand as soon as there is room.
            f.x, f.y = f.x + dx * 0.94, f.y + dy * 0.94
        for _ in range(5):
            for a, b in combinations(standing, 2):
                _push(a, b)
        for f in standing:
            x, y = true[f.slot]
            dx, dy = f.x - x, f.y - y
            far = math.hypot(dx, dy)
            scale = min(1.0, FARTHEST / far) if far > 0.0 else 0.0
            self.offsets[f.slot] = (dx * scale, dy * scale)
            f.x = min(FIELD[0] - 0.4, max(0.4, x + dx * scale))
            f.y = min(FIELD[1] - 0.4, max(0.4, y + dy * scale))


def _push(a: Fighter, b: Fighter) -> None:
    dx, dy = b.x - a.x, b.y - a.y
    distance = math.hypot(dx, dy)
    if distance >= ROOM:
        return
    if distance < 0.01:
        # Nobody stands on anybody: each pair has a direction of its own.
        dx, dy, distance = math.cos(a.slot + b.slot * 2.0), math.sin(a.slot + b.slot * 2.0), 1.0
        gap = ROOM
    else:
        gap = ROOM - distance
    ux, uy = dx / distance, dy / distance
    share = 0.15 if a.slot == 0 else 0.5
    a.x, a.y = a.x - ux * gap * share, a.y - uy * gap * share
    b.x, b.y = b.x + ux * gap * (1 - share), b.y + uy * gap * (1 - share)
