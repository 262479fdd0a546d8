"""What each tactic does in the fight, and that its effectiveness is the sum of just that."""

import functools

import pytest

from astraweave.arena import TACTICS, VOCABULARY
from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.model.ports import FAILURE, IDLE, RUNNING, SUCCESS

near = functools.partial(pytest.approx, rel=1e-5)
"""What is summed in float32."""

ACTION = {name: code for code, name in enumerate(VOCABULARY)}
STEP = 6
SAFE = {"enemy_damage": (0.0, 0.0), "enemy_health": (5.0, 5.0)}


def run(fight, tactic, action=None, steps=11):
    """Command a tactic until it ends; returns its effectiveness."""
    for _ in range(steps):
        fight.command(tactic)
        for _ in range(STEP):
            fight.tick(action)
        if fight.status() != RUNNING:
            return fight.effectiveness()
    message = f"{tactic} did not end"
    raise AssertionError(message)


def stand(fight, place, player, companion, enemy):
    """Put the three where a test wants them."""
    for slot, where in ((0, player), (1, companion), (2, enemy)):
        place(fight, slot, *where)


@pytest.fixture
def brawl(duel, place, clear):
    """The player in melee with a brute, the companion beside; damage to the player counts."""

    def make(**ranges):
        fight = duel(2, **{"enemy_health": (9.0, 9.0), "enemy_damage": (1.0, 1.0), **ranges})
        clear(fight)
        stand(fight, place, (8.0, 8.0), (7.0, 8.5), (9.3, 8.0))
        return fight

    return make


@pytest.fixture
def apart(duel, place, clear, row):
    """The brute eight metres from the player and after him; the companion aside."""

    def make(**ranges):
        fight = duel(2, **{**SAFE, **ranges})
        clear(fight)
        stand(fight, place, (4.0, 8.0), (8.0, 12.0), (12.0, 8.0))
        row(fight, 2, at.ANGER, 600.0)
        return fight

    return make


def taken(fight):
    """Damage to the player so far."""
    return fight.outcome()["damage_taken"]


@pytest.mark.parametrize("tactic", TACTICS)
def test_every_tactic_runs_and_ends_within_a_second(brawl, apart, tactic):
    fight = apart() if tactic in {"covering_fire", "suppress_enemy", "draw_aggro"} else brawl()
    fight.command(tactic)
    fight.tick()
    assert fight.status() == RUNNING
    assert fight.tactic == tactic
    assert fight.effectiveness() is None
    for _ in range(59):
        fight.tick()
    assert fight.status() in (SUCCESS, FAILURE)
    assert fight.tactic is None
    assert 0.0 <= fight.effectiveness() <= 1.0


def test_a_stance_at_his_side_leaves_the_player_three_tenths_of_each_blow(brawl):
    alone, helped = brawl(), brawl()
    run(alone, "wait_for_player")
    worth = run(helped, "defensive_stance")
    assert taken(alone) > 0.0
    assert taken(helped) == near(0.3 * taken(alone))
    kept = taken(alone) - taken(helped)
    assert worth == near(1.5 * kept / num.FULL_EFFECT)


def test_cover_takes_every_other_blow_upon_the_companion(brawl):
    alone, helped = brawl(), brawl()
    for _ in range(6):
        run(alone, "wait_for_player")
    blows = round(taken(alone) / 5.0)
    before = helped.state.hp[1]
    for _ in range(6):
        run(helped, "cover_player")
    assert blows >= 6
    # The count begins anew with each activation, and the first blow is the companion's.
    assert taken(alone) - taken(helped) >= 5.0
    assert taken(helped) <= 0.5 * taken(alone)
    assert helped.state.hp[1] < before


def test_a_heal_mends_in_proportion_to_the_wound_and_waits(duel):
    quiet = {"distance_m": (16.0, 16.0), **SAFE}
    worth = {}
    for share in (0.9, 0.3):
        fight = duel(1, player_health=(share, share), **quiet)
        missing = 160.0 * (1.0 - share)
        before = fight.state.hp[0]
        worth[share] = run(fight, "heal_player")
        given = fight.state.hp[0] - before
        assert given == near(1.0 + 0.11 * missing)
        assert worth[share] == near(given / num.FULL_EFFECT)
        assert fight.facts()["heal_ready"] == 0.0
        assert run(fight, "heal_player") == 0.0
        assert fight.status() == FAILURE
    assert worth[0.3] > 2 * worth[0.9]


def test_a_heal_out_of_reach_fails(duel, place):
    fight = duel(player_health=(0.5, 0.5), distance_m=(16.0, 16.0), **SAFE)
    place(fight, 1, *(fight.state.xy[0] + [7.0, 0.0]))
    assert run(fight, "heal_player") == 0.0
    assert fight.status() == FAILURE
    assert fight.state.hp[0] == 80.0


def test_an_attack_is_held_back_beside_the_player(brawl, apart):
    crowded, free = brawl(**SAFE), apart()
    held, full = run(crowded, "aggressive_attack"), run(free, "aggressive_attack")
    assert 0.0 < held < 0.5 * full
    lost = crowded.state.max_hp[2] - crowded.state.hp[2]
    assert held == near(lost / num.FULL_EFFECT)


def test_a_flank_stabs_from_behind_or_fails_out_of_reach(apart, place):
    near, far = apart(), apart()
    place(near, 1, 12.5, 9.5)
    assert run(near, "flank_enemy") > 0.3
    assert near.status() == SUCCESS
    place(far, 1, 4.0, 12.0)
    assert run(far, "flank_enemy") == 0.0
    assert far.status() == FAILURE


def test_who_is_taunted_turns_to_the_companion_and_gets_its_answer(apart):
    fight = apart(enemy_damage=(1.0, 1.0))
    assert fight.state.hunts[2] == 0
    fight.command("draw_aggro")
    fight.tick()
    fight.tick()
    assert fight.state.hunts[2] == 1
    assert fight.state.taunted[2]
    worth = run(fight, "draw_aggro")
    assert taken(fight) == 0.0
    assert fight.state.hp[1] < fight.state.max_hp[1]
    lost = fight.state.max_hp[2] - fight.state.hp[2]
    assert lost > 0.0
    assert worth == near(lost / num.FULL_EFFECT)


def test_who_is_close_to_the_player_cannot_be_drawn_away(brawl):
    fight = brawl()
    assert run(fight, "draw_aggro") == 0.0
    assert fight.status() == FAILURE


def test_the_player_hits_the_taunted_harder(apart):
    plain, helped = apart(), apart()
    for fight, tactic in ((plain, None), (helped, "draw_aggro")):
        fight.command(tactic)
        fight.tick()
        fight.tick(ACTION["cast"])
    assert plain.did.params["damage"] == near(3.8)
    assert helped.did.params["damage"] == near(3.8 * 1.4)


def test_waiting_gathers_strength(duel):
    fight = duel(companion_mana=(0.2, 0.2), companion_stamina=(0.2, 0.2))
    worth = run(fight, "wait_for_player")
    assert fight.state.mana[1] > 20.0 + 60 * 0.12 + 5.0
    assert 0.0 < worth < 0.25


def test_close_support_strikes_who_is_close_to_the_player(brawl, apart):
    assert run(brawl(**SAFE), "close_support") > 0.2
    assert run(apart(), "close_support") == 0.0


def test_a_combo_answers_each_strike_of_the_player(brawl):
    quiet, busy = brawl(**SAFE), brawl(**SAFE)
    alone = run(quiet, "melee_combo")
    together = run(busy, "melee_combo", ACTION["strike"])
    assert together > alone + 3 * num.COMBO_DAMAGE / num.FULL_EFFECT


def test_covering_fire_hits_harder_who_chases_the_player(apart, row):
    chasing, busy = apart(), apart()
    row(busy, 2, at.ANGER, -600.0)
    for fight in (chasing, busy):
        fight.tick()
    high, low = run(chasing, "covering_fire"), run(busy, "covering_fire")
    assert low == near(3 * 2.2 / num.FULL_EFFECT)
    assert high == near(min(1.0, 2.2 * low))


def test_the_pinned_neither_walk_nor_hit_and_arrows_hurt_them_more(apart):
    fight = apart()
    fight.command("suppress_enemy")
    fight.tick()
    where = fight.state.xy[2].copy()
    for _ in range(10):
        fight.tick()
    assert fight.state.pinned[2]
    assert fight.state.xy[2].tolist() == where.tolist()
    before = fight.state.hp[2]
    fight.tick(ACTION["shoot"])
    for _ in range(25):
        fight.tick()
    assert before - fight.state.hp[2] == near(2 * 3.7)


@pytest.mark.parametrize(("tactic", "factor"), [("buff_player", 2.3), ("debuff_enemy", 2.1)])
def test_enchantments_are_for_spells(apart, place, tactic, factor):
    for action, base, expected in (("cast", 3.8, factor), ("strike", 3.4, 1.05)):
        fight = apart()
        place(fight, 2, 5.5, 8.0)
        fight.command(tactic)
        fight.tick()
        fight.tick(ACTION[action])
        assert fight.did.params["damage"] == near(base * expected)
        fight.command(None)
        for _ in range(20):
            fight.tick()
        fight.tick(ACTION[action])
        assert fight.did.params["damage"] == near(base)


def test_a_command_interrupts_and_none_stops(brawl):
    fight = brawl()
    fight.command("defensive_stance")
    fight.tick()
    fight.command("close_support")
    fight.tick()
    assert fight.tactic == "close_support"
    assert fight.effectiveness() is None
    fight.command(None)
    assert fight.status() == IDLE
    assert fight.tactic is None


def test_the_same_command_carries_on_and_starts_anew_when_it_has_ended(brawl):
    fight = brawl()
    run(fight, "close_support")
    assert fight.status() == SUCCESS
    fight.command("close_support")
    assert fight.status() == RUNNING


def test_a_fallen_companion_helps_nobody_until_it_rises(brawl, row):
    fight = brawl(companion_health=(1.0, 1.0))
    fight.command("defensive_stance")
    row(fight, at.COMPANION, at.HP, 0.0)
    row(fight, at.COMPANION, at.DOWN, 99.0)
    before = taken(fight)
    for _ in range(99):
        fight.tick()
        assert fight.status() == RUNNING
    lost = taken(fight) - before
    assert lost in (near(5.0), near(10.0), near(15.0))
    fight.tick()
    assert fight.status() == FAILURE
    assert fight.facts()["companion_health"] == pytest.approx(0.3, abs=0.01)
