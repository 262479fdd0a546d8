"""The numbers of the game: metres, hit points, ticks of 1/60 s. All are float32, as the state is.

What the tactics are worth hangs on these; `python -m bench.advantages` says how.
"""

import numpy as np

F = np.float32

FIELD_W, FIELD_H = F(24.0), F(16.0)
BODY_RADIUS, SHOT_RADIUS = F(0.4), F(0.5)
SECOND = F(60)
WINDOW_TICKS = F(120)

# bodies; speeds in metres a tick
PLAYER_HP, COMPANION_HP = F(160.0), F(260.0)
PLAYER_SPEED, COMPANION_SPEED = F(0.060), F(0.085)
RUSH_FACTOR, BACKWARD_FACTOR, EVADE_FACTOR, BLOCKED_FACTOR = F(1.3), F(0.9), F(1.7), F(0.6)
STAMINA_REGEN, MANA_REGEN = F(0.2), F(0.12)  # a tick
COMPANION_REGEN = F(0.03)
DOWN_TICKS, RISEN_SHARE = F(240), F(0.3)

# the player's actions
PACE = 10  # ticks until the next decision, plus 0…4
STRIKE_REACH, STRIKE_DAMAGE, STRIKE_STAMINA = F(1.9), F(3.4), F(1.0)
TIRED_FACTOR = F(0.6)
SHOOT_REACH, SHOOT_DAMAGE, SHOOT_SPEED = F(11.0), F(3.7), F(0.40)
CAST_REACH, CAST_DAMAGE, CAST_MANA = F(9.0), F(3.8), F(2.0)
BLOCK_TICKS, BLOCK_FACTOR = F(20), F(0.45)
HEAL_AMOUNT, HEAL_MANA, HEAL_WAIT_TICKS = F(4.0), F(5.0), F(50)
FOCUS_GAIN = F(3.0)
MOVE_TICKS, EVADE_TICKS = F(15), F(10)
ATTACK_RANGE = F(11.0)

# enemies; what differs between their roles stands in `arena.roles`
ANGER_TICKS = F(50)
COMPANION_ARMOUR = F(0.5)
CLOSE = F(2.5)
DANGER_BASE, DANGER_SLOPE = F(0.6), F(0.8)  # damage at threat 0, and what threat 1 adds
ELBOW, PUSH = F(0.7), F(0.02)  # who stands in another is pushed apart
THINK_EVERY, LOOK_EVERY = 4, 2  # ticks: each enemy decides anew; all look who is where

# the companion's tactics; costs are of 100
TACTIC_TICKS = F(60)
FULL_EFFECT = F(14.0)  # hit points swung in one activation that count as effectiveness 1
PREVENTED_WORTH = F(1.5)
RESERVE_WORTH = F(0.15)  # a point of mana or stamina regained, in hit points
STANCE_FACTOR, STANCE_REACH = F(0.3), F(3.0)
COVER_REACH = F(2.6)
MEND_AMOUNT, MEND_SHARE, MEND_MANA, MEND_WAIT = F(1.0), F(0.11), F(18.0), F(240)
MEND_REACH, MEND_AT = F(6.5), F(20)
SWING_DAMAGE, SWING_PERIOD, SWING_STAMINA, SWING_REACH = F(2.0), F(12), F(8.0), F(1.7)
CHARGE_SPEED = F(0.12)
HELD_BACK = F(0.25)
FLANK_DAMAGE, FLANK_STAMINA, FLANK_DASH, FLANK_SPEED = F(8.0), F(10.0), F(2.4), F(0.09)
FLANK_REACH = F(2.1)
TAUNT_REACH, TAUNT_STAMINA, TAUNT_BONUS, RIPOSTE_DAMAGE = F(9.0), F(8.0), F(0.4), F(2.6)
GUARD_FACTOR, JAB_DAMAGE, JAB_PERIOD = F(0.85), F(1.3), F(14)
COMBO_DAMAGE, COMBO_REACH, COMBO_STAMINA = F(1.4), F(3.2), F(8.0)
VOLLEY_DAMAGE, VOLLEY_BONUS, VOLLEY_STAMINA, VOLLEY_REACH = F(2.2), F(1.2), F(10.0), F(11.0)
VOLLEY_SPEED, VOLLEY_SHOTS, VOLLEY_PERIOD = F(1.0), F(3), F(3)
PIN_DAMAGE, PIN_STAMINA, PIN_BONUS, PIN_SHOTS = F(1.2), F(10.0), F(1.0), F(2)
BUFF_MANA, BUFF_REACH, BUFF_SPELL, BUFF_OTHER = F(14.0), F(9.0), F(1.3), F(0.05)
HEX_MANA, HEX_REACH, HEX_SPELL, HEX_OTHER = F(14.0), F(10.0), F(1.1), F(0.05)
WAIT_REGEN = F(0.15)
IDLE_TICKS = F(90)
