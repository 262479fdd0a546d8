"""Where everything lies in the arrays of a world: one name an index, grouped by array.

    body   float64[SLOTS, BODY]    what a fighter is and has
    clock  int64[SLOTS, CLOCK]     its timers, in ticks; 0 is "not now"
    shots  float64[SHOTS, SHOT]    the pool of projectiles; the first whole[FLYING] are in use
    real   float64[REAL]           the world's other numbers: player's traits, walls, sums
    whole  int64[WHOLE]            its counters, the companion's tactic, events

Slot 0 is the player, 1 the companion, 2…5 up to four enemies; a slot without a fighter has
HP 0. Metres, hit points, ticks of 1/60 s.
"""

SLOTS = 6
PLAYER, COMPANION, FIRST_ENEMY = 0, 1, 2
NOBODY = -1

# body
X, Y, VX, VY, HP, MAX_HP, STAMINA, MANA, SPEED, BLOW, TO_PLAYER, TO_COMPANION = range(12)
BODY = 12

# clock. WAIT until the next decision or blow; ANGER > 0 at the player, < 0 at the companion;
# TAUNTED, PINNED, HEXED are set anew each tick by the tactic that causes them; HURT since a hit
# or block; DOWN until a fallen companion rises; SWING since its last own action (for drawing);
# HUNTS 0 the player, 1 the companion.
ROLE, WAIT, ANGER, TAUNTED, PINNED, HEXED, BLOCKING = range(7)
HEAL_WAIT, HURT, RUSH, HUNTS, CHASING, SWING, LAST_ACTION, DOWN = range(7, 15)
CLOCK = 15
BRUTE, ARCHER = 0, 1

# shots: velocity in metres a tick, REACH_LEFT in metres, SHOOTER a slot, SPARES 1 where the
# companion loosed it along a clear line
SHOT_X, SHOT_Y, SHOT_VX, SHOT_VY, SHOT_DAMAGE, REACH_LEFT, SHOOTER, SPARES = range(8)
SHOT, SHOTS = 8, 16

# real: first the player's traits, in the order of a row of `bot_matrix`
(
    MELEE,
    RANGED,
    MAGIC,
    DEFENSIVE,
    SUPPORT,
    MOVEMENT,
    UTILITY,
    ENGAGE_AT,
    PREFERRED_RANGE,
    HEAL_BELOW,
    AGGRESSION,
    LAPSE,
) = range(12)
TRAITS = 12
WALLS = 12  # four numbers a wall: left, top, right, bottom
WALL_COUNT = 3
MOVE_X, MOVE_Y, THREAT, ENEMY_HEALTH, DEALT, TAKEN, SPENT, KEPT = range(24, 32)
VALUE, EFFECT, DID_DAMAGE, GOAL_X, GOAL_Y = range(32, 37)
REAL = 37

# whole
SEED, TICK, LIMIT, DONE, HUMAN, FLYING, NEAR_PLAYER, NEAR_COMPANION = range(8)
TACTIC, AGE, STATUS, AIM, TURN, IDLE_FOR, ACTED = range(8, 15)
WINDOWS, LAST_WINDOW, DID, DID_AT, DID_COUNT, TREND = range(15, 21)
CAREFUL = 21  # whether the line of fire was clear when the tactic was commanded
COUNTS = 22
EVENT_COUNT = 7
FIRSTS = COUNTS + EVENT_COUNT
WHOLE = FIRSTS + EVENT_COUNT

# events
(
    HARMED_PLAYER,
    LEFT_FIELD,
    OVERSPENT,
    PLAYER_DIED,
    PLAYER_DIED_HEAL_READY,
    IDLE_WHILE_ATTACKED,
    NON_FINITE,
) = range(EVENT_COUNT)

# the player's actions
STRIKE, SHOOT, CAST, BLOCK, HEAL, ADVANCE, RETREAT, EVADE, FOCUS = range(9)
ACTIONS = 9

# the companion's tactics
(
    DEFENSIVE_STANCE,
    COVER_PLAYER,
    HEAL_PLAYER,
    AGGRESSIVE_ATTACK,
    FLANK_ENEMY,
    DRAW_AGGRO,
    WAIT_FOR_PLAYER,
    CLOSE_SUPPORT,
    MELEE_COMBO,
    COVERING_FIRE,
    SUPPRESS_ENEMY,
    BUFF_PLAYER,
    DEBUFF_ENEMY,
) = range(13)
TACTICS = 13

# how damage is done
BY_MELEE, BY_SHOT, BY_SPELL = 0, 1, 2

# streams of `rng.uniform`
DRAW_PACE, DRAW_LAPSE, DRAW_BOLD, DRAW_CHOICE, DRAW_PICK = range(1, 6)
DRAW_BLOW = 10
DRAW_START = 100

FACTS = 21

# ranges a scenario may set, in the order of `arena.declared.RANGES`
(
    PLAYER_HEALTH,
    COMPANION_HEALTH,
    PLAYER_STAMINA,
    PLAYER_MANA,
    COMPANION_STAMINA,
    COMPANION_MANA,
    ENEMIES,
    ENEMY_HEALTH_SCALE,
    ENEMY_DAMAGE_SCALE,
    DISTANCE_M,
    ARCHERS,
) = range(11)
RANGES = 11
