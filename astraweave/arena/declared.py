"""What the reference game declares: actions, tactics, facts, events and ranges, by name.

The order of each is that of `kernels.layout`.
"""

from astraweave.arena.kernels import balance
from astraweave.arena.kernels import layout as at
from astraweave.errors import ScenarioError
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.scenario import Range, Scenario

FIELD_W, FIELD_H = float(balance.FIELD_W), float(balance.FIELD_H)
"""Metres."""

VOCABULARY = ActionVocabulary(
    strike=Kind("melee", aggressive=True),
    shoot=Kind("ranged", aggressive=True),
    cast=Kind("magic", aggressive=True),
    block=Kind("defensive"),
    heal=Kind("support"),
    advance=Kind("movement", aggressive=True),
    retreat=Kind("movement"),
    evade=Kind("movement"),
    focus=Kind("utility"),
)
"""What the player can do. *advance* closes in, *focus* gathers mana and stamina."""

PLAYER_ACTIONS: tuple[str, ...] = tuple(VOCABULARY)

TACTICS: tuple[str, ...] = (
    "defensive_stance",
    "cover_player",
    "heal_player",
    "aggressive_attack",
    "flank_enemy",
    "draw_aggro",
    "wait_for_player",
    "close_support",
    "melee_combo",
    "covering_fire",
    "suppress_enemy",
    "buff_player",
    "debuff_enemy",
)

EVENTS: tuple[str, ...] = (
    "harmed_player",
    "left_field",
    "overspent",
    "player_died",
    "player_died_heal_ready",
    "idle_while_attacked",
    "non_finite",
)

SLOT_NAMES: tuple[str, ...] = ("player", "companion", *(f"enemy_{n}" for n in range(1, 11)))


MOST_ENEMIES = 10.0
"""Of the largest world."""

FACTS = FactSheet(
    (
        Fact("player_health", "share", 0.0, 1.0, "player_health"),
        Fact("companion_health", "share", 0.0, 1.0, "companion_health"),
        Fact("threat", "share", 0.0, 1.0, "threat"),
        Fact("can_attack", "0 or 1", 0.0, 1.0, "can_attack"),
        Fact("player_x", "m", 0.0, FIELD_W, "player_x"),
        Fact("player_y", "m", 0.0, FIELD_H, "player_y"),
        Fact("companion_x", "m", 0.0, FIELD_W),
        Fact("companion_y", "m", 0.0, FIELD_H),
        Fact("enemies", "alive", 0.0, MOST_ENEMIES),
        Fact("enemy_distance", "m to the companion", 0.0, 40.0),
        Fact("player_enemy_distance", "m to the player", 0.0, 40.0),
        Fact("player_distance", "m to the companion", 0.0, 40.0),
        Fact("close_enemies", "within 2.5 m of the player", 0.0, MOST_ENEMIES),
        Fact("chasing_enemies", "farther, after the player", 0.0, MOST_ENEMIES),
        Fact("player_attacked", "0 or 1", 0.0, 1.0),
        Fact("line_of_fire_clear", "0 or 1", 0.0, 1.0),
        Fact("edge_distance", "m to the companion", 0.0, 20.0),
        Fact("stamina", "share, companion's", 0.0, 1.0),
        Fact("mana", "share, companion's", 0.0, 1.0),
        Fact("player_mana", "share", 0.0, 1.0),
        Fact("heal_ready", "0 or 1", 0.0, 1.0),
    )
)
"""What the companion senses before each decision, in worlds of any size."""

DEFAULTS: dict[str, Range] = {
    "player_health": (1.0, 1.0),
    "companion_health": (1.0, 1.0),
    "player_stamina": (1.0, 1.0),
    "player_mana": (0.8, 1.0),
    "companion_stamina": (0.8, 1.0),
    "companion_mana": (0.8, 1.0),
    "enemies": (3.0, 4.0),
    "enemy_health": (0.9, 1.1),
    "enemy_damage": (0.9, 1.1),
    "distance_m": (6.0, 9.0),
    "archers": (0.0, 1.0),
    "bosses": (0.0, 0.0),
    "start_x_m": (5.5, 6.5),
    "start_y_m": (7.0, 9.0),
    "behind_m": (0.5, 0.5),
    "beside_m": (1.8, 1.8),
    "around": (0.0, 0.0),
    "waves": (0.0, 0.0),
    "wave_s": (20.0, 20.0),
    "mana_regen": (1.0, 1.0),
    "wall_m": (1.2, 1.2),
    "wall_1_x_m": (9.0, 11.0),
    "wall_1_y_m": (2.5, 4.5),
    "wall_2_x_m": (13.0, 15.0),
    "wall_2_y_m": (11.5, 13.5),
    "wall_3_x_m": (17.0, 19.0),
    "wall_3_y_m": (2.5, 4.5),
}
"""What holds where a scenario sets nothing.

start: where the player stands. behind, beside: where the companion does, from him, away from the
enemies. around: the share of a circle round the player on which the enemies stand, distance_m
away; 0 in a line before him. waves: how often each enemy who falls comes back, at the edge of the
field, every wave_s seconds and when nobody else stands. mana_regen: how fast mana comes back, 1
is as usual. wall: edge of the three walls; left and
top of each.
"""
RANGES: tuple[str, ...] = tuple(DEFAULTS)
COUNTS = ("enemies", "archers", "bosses", "waves")
"""Of these, what is drawn as a whole number."""

BOUNDS: dict[str, Range] = dict.fromkeys(DEFAULTS, (0.0, 1.0)) | {
    "player_health": (0.01, 1.0),
    "enemies": (1.0, MOST_ENEMIES),
    "enemy_health": (0.01, 10.0),
    "enemy_damage": (0.0, 10.0),
    "distance_m": (1.0, 16.0),
    "archers": (0.0, MOST_ENEMIES),
    "bosses": (0.0, MOST_ENEMIES),
    "start_x_m": (1.0, FIELD_W - 1.0),
    "start_y_m": (1.0, FIELD_H - 1.0),
    "behind_m": (-8.0, 8.0),
    "beside_m": (-8.0, 8.0),
    "waves": (0.0, 20.0),
    "wave_s": (1.0, 600.0),
    "mana_regen": (0.0, 4.0),
    "wall_m": (0.2, 4.0),
    **{f"wall_{n}_x_m": (-4.0, FIELD_W) for n in (1, 2, 3)},
    **{f"wall_{n}_y_m": (-4.0, FIELD_H) for n in (1, 2, 3)},
}
"""What a range may hold."""


def check_party(scenario: Scenario, where: str | None = None) -> None:
    """Refuse a party that no draw can make up. Its ranges are inside their bounds.

    Where archers and bosses are more than the enemies of a draw, bosses come first.

    Raises:
        ScenarioError: more archers and bosses than enemies, whatever is drawn.
    """
    ranges = {name: scenario.ranges.get(name, DEFAULTS[name]) for name in COUNTS}
    most, archers, bosses = ranges["enemies"][1], ranges["archers"][0], ranges["bosses"][0]
    if archers + bosses > most:
        raise ScenarioError(
            what="`$.ranges` has more archers and bosses than enemies, whatever is drawn",
            got=f"at least {archers:g} and {bosses:g} of at most {most:g}",
            where=where or f"scenario {scenario.name}",
            fix="raise `enemies`, or lower `archers` or `bosses`",
        )


def slots_of(scenario: Scenario) -> int:
    """How large its worlds are: the smallest size that has room for its largest party."""
    _, most = scenario.ranges.get("enemies", DEFAULTS["enemies"])
    return next(slots for slots in at.SIZES if most <= slots - at.FIRST_ENEMY)


def play_scenario() -> Scenario:
    """The fight people play: three or four enemies, won in half a minute or so."""
    return Scenario(
        name="play",
        description="Three or four enemies, perhaps an archer among them.",
        threat=0.5,
        seconds=60.0,
        ranges=dict(DEFAULTS),
    )
