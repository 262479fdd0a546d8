"""The core rules told a second time, naively and from the outside, beside what the kernels do."""

import functools
import math

import numpy as np
import pytest

from astraweave.arena import VOCABULARY
from astraweave.arena.kernels import layout as at
from astraweave.arena.roles import ROLES

near = functools.partial(pytest.approx, rel=1e-5)
"""What is summed in float32."""

ACTION = {name: code for code, name in enumerate(VOCABULARY)}
SPEED = 3.6 / 60


def inside(value, size):
    """Kept off the field's edge by a body of .4 m."""
    return min(max(value, 0.4), size - 0.4)


def naive_walk(x, y, dx, dy, walls):
    """Walk by (dx, dy) in a field of 24 × 16 m with a body of .4 m; say where one ends."""

    def hit(px, py):
        hits = [w for w in walls if w[0] - 0.4 < px < w[2] + 0.4 and w[1] - 0.4 < py < w[3] + 0.4]
        return hits[0] if hits else None

    nx = inside(x + dx, 24.0)
    sideways = hit(nx, y)
    if sideways:
        nx = x
        if abs(dy) < 0.3 * abs(dx):
            dy = math.copysign(abs(dx), y - (sideways[1] + sideways[3]) / 2)
    ny = inside(y + dy, 16.0)
    ahead = hit(nx, ny)
    if ahead:
        ny = y
        if not sideways and abs(dx) < 0.3 * abs(dy):
            aside = inside(x + math.copysign(abs(dy), x - (ahead[0] + ahead[2]) / 2), 24.0)
            nx = nx if hit(aside, ny) else aside
            nx = x if hit(nx, ny) else nx
    return nx, ny


@pytest.mark.parametrize("seed", range(6))
def test_walking_is_the_naive_walk_along_walls_and_edges(duel, seed):
    fight = duel(seed, enemy_damage=(0.0, 0.0), distance_m=(16.0, 16.0))
    rng = np.random.default_rng(seed)
    walls = fight.state.walls.tolist()
    for _ in range(40):
        # Towards a wall's middle, or anywhere.
        left, top, right, bottom = walls[rng.integers(3)]
        x, y = fight.state.xy[0]
        to_wall = np.array([(left + right) / 2 - x, (top + bottom) / 2 - y])
        way = to_wall if rng.random() < 0.6 else rng.normal(size=2)
        way = way / np.hypot(*way)
        if rng.random() < 0.3:
            way = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]][rng.integers(4)])
        for _ in range(40):
            expected = naive_walk(*fight.state.xy[0].tolist(), *(way * SPEED).tolist(), walls)
            fight.tick(None, *way.tolist())
            assert fight.state.xy[0].tolist() == pytest.approx(expected, abs=2e-6)


def test_a_longer_direction_walks_no_faster(duel):
    fight = duel()
    before = fight.state.xy[0].copy()
    fight.tick(None, -30.0, 40.0)
    walked = fight.state.xy[0] - before
    assert np.hypot(*walked) == near(SPEED)
    assert walked[1] / walked[0] == pytest.approx(-4 / 3, rel=1e-4)


def test_a_brute_hits_in_reach_only_and_not_before_it_has_rested(duel, place):
    fight = duel(3, distance_m=(6.0, 6.0), enemy_damage=(1.0, 1.0))
    place(fight, 1, 1.0, 1.0)
    full = 5.0 * (0.6 + 0.8 * 0.5)
    last, blows = None, 0
    for tick in range(900):
        before, distance = fight.state.hp[0], None
        enemy = fight.state.xy[2].copy()
        distance = np.hypot(*(fight.state.xy[0] - enemy))
        blocked = fight.state.blocking > 1
        fight.tick(ACTION["block"] if tick > 500 else None)
        lost = before - fight.state.hp[0]
        if lost == 0.0:
            continue
        blows += 1
        assert lost == near(full * (0.45 if blocked or tick > 520 else 1.0))
        assert distance <= ROLES["brute"].reach + 0.15
        assert last is None or 40 <= tick - last <= 49
        last = tick
    assert blows >= 10


def test_a_strike_hurts_the_nearest_in_reach_and_hands_are_busy_after(duel, place):
    fight = duel(enemy_damage=(0.0, 0.0), enemy_health=(5.0, 5.0))
    place(fight, 1, 1.0, 1.0)
    strikes, since = 0, 99
    for _ in range(600):
        distance, before = np.hypot(*(fight.state.xy[2] - fight.state.xy[0])), fight.state.hp[2]
        fight.tick(ACTION["strike"])
        lost, did = before - fight.state.hp[2], fight.did
        since += 1
        if did is None:
            assert lost == 0.0
            continue
        assert since >= 10
        since, strikes = 0, strikes + 1
        assert (did.name, did.target) == ("strike", "enemy_1")
        assert lost == near(3.4 if distance <= 1.9 else 0.0)
        assert did.params["damage"] == near(lost)
    assert strikes > 40


@pytest.mark.parametrize("seed", range(4))
def test_an_arrow_flies_straight_and_hits_whom_it_first_meets(duel, clear, seed):
    """Followed from outside: start, direction and speed; then who stands within half a metre."""
    fight = duel(seed, enemy_damage=(0.0, 0.0), enemy_health=(5.0, 5.0), distance_m=(8.0, 8.0))
    clear(fight)
    hits = 0
    for _ in range(6):
        while fight.did is None:
            fight.tick(ACTION["shoot"])
        start, aim = fight.state.xy[0].copy(), fight.state.projectiles[-1, 2:4].copy()
        where, reach = start + aim, np.hypot(*(fight.state.xy[2] - start)) + 1.5
        assert np.hypot(*aim) == near(0.4)
        assert fight.state.projectiles[-1, :2] == near(where)
        before = fight.state.hp[2]
        for _ in range(60):
            fight.tick(None)
            where = where + aim
            met = np.hypot(*(fight.state.xy[2] - where)) < 0.5
            lost = before - fight.state.hp[2]
            assert (lost > 0.0) == met
            if met:
                assert lost == near(3.7)
                hits += 1
                break
            if np.hypot(*(where - start)) > reach:
                break
        assert len(fight.state.projectiles) == 0
    assert hits == 6


def test_an_arrow_stops_at_a_wall(duel, place):
    fight = duel(enemy_damage=(0.0, 0.0))
    left, top, _, bottom = fight.state.walls[0]
    place(fight, 0, left - 1.5, (top + bottom) / 2)
    place(fight, 2, left + 3.0, (top + bottom) / 2)
    before = fight.state.hp[2]
    fight.tick(ACTION["shoot"])
    for _ in range(20):
        fight.tick(None)
        assert (fight.state.projectiles[:, 0] < left + 0.4).all()
    assert fight.state.hp[2] == before


def test_heals_wait_and_cost_and_never_overfill(duel):
    fight = duel(player_health=(0.5, 0.5), enemy_damage=(0.0, 0.0), distance_m=(16.0, 16.0))
    healed_at = []
    mana = fight.state.mana[0]
    for tick in range(400):
        before = fight.state.hp[0]
        fight.tick(ACTION["heal"])
        gained = fight.state.hp[0] - before
        assert gained in (0.0, near(4.0))
        if gained:
            healed_at.append(tick)
            assert fight.did.target == "player"
            assert fight.state.mana[0] < mana
        mana = fight.state.mana[0]
    assert len(healed_at) >= 6
    assert min(np.diff(healed_at)) >= 50


def test_a_spell_takes_mana_and_without_it_does_nothing(duel, place, row):
    fight = duel(player_mana=(0.03, 0.03), enemy_damage=(0.0, 0.0), enemy_health=(5.0, 5.0))
    place(fight, 2, *(fight.state.xy[0] + [5.0, 0.0]))
    hp, mana = fight.state.hp[2], fight.state.mana[0]
    fight.tick(ACTION["cast"])
    assert hp - fight.state.hp[2] == near(3.8)
    assert mana - fight.state.mana[0] == near(2.0 - 0.12)
    hp = fight.state.hp[2]
    row(fight, at.PLAYER, at.MANA, 0.5)
    row(fight, at.PLAYER, at.WAIT, 0.0)
    fight.tick(ACTION["cast"])
    assert fight.state.hp[2] == hp
