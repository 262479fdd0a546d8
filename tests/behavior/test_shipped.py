"""The shipped trees as any game meets them: loaded, bound, ticked under whatever facts come."""

import numpy as np
import pytest

from astraweave.arena import FACTS
from astraweave.behavior import BatchTicker, Status, load_tree

ARENA = {fact.name: (fact.low, fact.high) for fact in FACTS.facts}
BOSS = {
    "health": (0.0, 1.0), "distance": (0.0, 60.0), "staggered": (0.0, 1.0),
    "minions": (0.0, 8.0), "behind": (0.0, 1.0), "now": (0.0, 1e4),
}  # fmt: skip
CIVILIAN = {
    "danger": (0.0, 1.0), "danger_distance": (0.0, 100.0), "health": (0.0, 1.0),
    "hour": (0.0, 24.0), "seen": (0.0, 1.0), "guards": (0.0, 20.0),
}  # fmt: skip
FACTS_OF = {
    "companion": ARENA, "healer": ARENA, "tank": ARENA, "archer": ARENA,
    "boss": BOSS, "civilian": CIVILIAN,
}  # fmt: skip
IN_THE_ARENA = ("companion", "healer", "tank", "archer")
SHOTS = ("covering_fire", "suppress_enemy")
STEP_S = 0.25


def play(name, rng, ticks):
    """Facts of each tick, float64[ticks, facts]: drawn anew every few ticks, half of them extreme.

    The boss is worn down and her clock runs; the civilian's danger comes and goes.
    """
    low, high = np.array(list(FACTS_OF[name].values())).T
    rows = low + (high - low) * rng.random((ticks // 5 + 1, len(low)))
    ends = np.where(rng.random(rows.shape) < 0.5, low, high)
    rows = np.where(rng.random(rows.shape) < 0.5, rows, ends).repeat(5, axis=0)[:ticks]
    column = {fact: i for i, fact in enumerate(FACTS_OF[name])}
    if FACTS_OF[name] is ARENA:
        for count in ("enemies", "close_enemies", "chasing_enemies"):
            rows[:, column[count]] = np.rint(rows[:, column[count]])
        near = ("enemy_distance", "player_enemy_distance", "player_distance")
        rows[:, [column[fact] for fact in near]] *= rng.random((ticks, 3)).repeat(1, axis=0)
        rows[:, column["enemies"]] = np.maximum(1.0, rows[:, column["enemies"]])
    elif name == "boss":
        rows[:, column["health"]] = np.linspace(1.0, 0.05, ticks)
        rows[:, column["now"]] = STEP_S * np.arange(ticks)
        rows[:, column["distance"]] *= np.where(rng.random(ticks) < 0.1, 1.0, 0.3)
        rows[:, column["staggered"]] = rng.random(ticks) < 0.05
    else:
        rows[:, column["danger"]] = np.repeat(rng.random(ticks // 40 + 1) < 0.5, 40)[:ticks]
    return rows


def bound(name, rng, seen):
    """The tree with callbacks: an action runs some ticks and mostly succeeds; `seen` is told."""
    tree = load_tree(f"{name}.xml")

    def act(ident):
        def run(_who, _facts):
            seen.add(ident)
            for _ in range(int(rng.integers(0, 6))):
                yield
            return bool(rng.random() < 0.8)

        tree.action(ident)(run)

    for ident in tree.actions:
        act(ident)
    for ident in tree.conditions:
        tree.condition(ident)(lambda _who, _facts: bool(rng.random() < 0.5))
    return tree


@pytest.mark.parametrize("name", FACTS_OF)
def test_it_reads_only_the_facts_that_its_comment_lists(name, root):
    tree = bound(name, np.random.default_rng(0), set())
    tree.bind(tuple(FACTS_OF[name]))
    text = (root / "behavior_trees" / f"{name}.xml").read_text("utf-8")
    comment = text.partition("<root")[0]
    assert "FACTS" in comment or name == "companion" or all(f in comment for f in FACTS_OF[name])


@pytest.mark.parametrize("name", FACTS_OF)
def test_every_action_is_done_sooner_or_later_whatever_the_facts(name):
    seen = set()
    for seed in range(8):
        rng = np.random.default_rng(seed)
        tree = bound(name, rng, seen)
        ticker = tree.ticker(seed=seed)
        names = tuple(FACTS_OF[name])
        for i, row in enumerate(play(name, rng, 900).tolist()):
            status = ticker.tick(dict(zip(names, row, strict=True)), STEP_S * i)
            assert isinstance(status, Status)
        ticker.halt()
    assert seen == set(tree.actions)


@pytest.mark.parametrize("name", FACTS_OF)
def test_the_model_declares_every_leaf_of_the_tree_and_no_other(name, root):
    tree = load_tree(f"{name}.xml")
    text = (root / "behavior_trees" / f"{name}.xml").read_text("utf-8")
    model = text.partition("<TreeNodesModel>")[2]
    for kind, leaves in (("Action", tree.actions), ("Condition", tree.conditions)):
        declared = [line.split('"')[1] for line in model.split("\n") if f"<{kind} ID=" in line]
        assert sorted(declared) == sorted(leaves)
    assert '<Control ID="WeightedFallback"' in model


def batch_of(name, n, seed=0):
    tree = load_tree(f"{name}.xml")
    program = tree.program(tuple(FACTS_OF[name]), tree.actions)
    return tree, BatchTicker(program, np.arange(n, dtype=np.int64) + seed, step_s=STEP_S)


@pytest.mark.compiled
@pytest.mark.parametrize("name", [*IN_THE_ARENA, "boss"])
def test_the_batch_engine_plays_it_too_and_chooses_every_tactic(name):
    n, ticks = 64, 400
    rng = np.random.default_rng(1)
    tree, batch = batch_of(name, n)
    facts = np.stack([play(name, rng, ticks) for _ in range(n)], axis=1)
    status, done = np.zeros(n, np.int8), np.zeros(n, np.bool_)
    commanded = set()
    for now in facts:
        commands = batch.tick(now, status, done)
        commanded |= set(commands.tolist())
        drawn = rng.choice(np.array([1, 2, 3], np.int8), n, p=[0.6, 0.32, 0.08])
        status = np.where(commands >= 0, drawn, 0).astype(np.int8)
    assert commanded - {-1} == set(range(len(tree.actions)))
    assert set(batch.log.tactic.tolist()) == set(range(len(tree.tactics)))


@pytest.mark.compiled
@pytest.mark.parametrize("name", [*IN_THE_ARENA, "boss"])
def test_both_engines_play_the_same(name):
    ticks = 300
    rng = np.random.default_rng(2)
    facts = play(name, rng, ticks)
    answers = rng.choice(np.array([1, 2, 3], np.int8), ticks, p=[0.6, 0.32, 0.08])
    tree, batch = batch_of(name, 1, seed=9)
    running = [-1]
    at = [0]

    def act(number):
        def run(_who, _facts):
            while True:
                running[0] = number
                yield
                if answers[at[0]] != Status.RUNNING:
                    return bool(answers[at[0]] == Status.SUCCESS)

        return run

    for number, ident in enumerate(tree.actions):
        tree.action(ident)(act(number))
    ticker = tree.ticker(seed=9)
    names = tuple(FACTS_OF[name])
    done = np.zeros(1, np.bool_)
    for i in range(ticks):
        at[0], running[0] = i, -1
        ticker.tick(dict(zip(names, facts[i].tolist(), strict=True)), STEP_S * i)
        commands = batch.tick(facts[i : i + 1], answers[i : i + 1], done)
        assert int(commands[0]) == running[0], f"tick {i}"


@pytest.mark.compiled
@pytest.mark.parametrize("name", IN_THE_ARENA)
def test_while_an_enemy_is_left_there_is_always_something_to_do(name):
    n = 4000
    rng = np.random.default_rng(3)
    _, batch = batch_of(name, n)
    facts = play(name, rng, n)
    zeros = np.zeros(n, np.int8)
    commands = batch.tick(facts, zeros, np.zeros(n, np.bool_))
    assert (commands >= 0).all()


@pytest.mark.compiled
def test_the_archer_drops_the_bow_in_the_tick_in_which_the_line_of_fire_closes():
    n, ticks = 64, 300
    rng = np.random.default_rng(4)
    tree, batch = batch_of("archer", n)
    shots = [tree.actions.index(shot) for shot in SHOTS]
    clear = list(ARENA).index("line_of_fire_clear")
    shot = 0
    for now in np.stack([play("archer", rng, ticks) for _ in range(n)], axis=1):
        commands = batch.tick(now, np.ones(n, np.int8), np.zeros(n, np.bool_))
        shooting = np.isin(commands, shots)
        shot += shooting.sum()
        assert (now[shooting, clear] > 0.5).all()
    assert shot > 500


def test_a_winded_tank_stays_so_until_it_has_recovered_well():
    tree = load_tree("tank.xml")
    facts = dict.fromkeys(ARENA, 1.0) | {"player_enemy_distance": 3.0, "stamina": 0.0}

    def breathing(health):
        ticker.tick({**facts, "companion_health": health}, len(seen) * 0.1)
        seen.append(ticker.tactic)
        return ticker.tactic in tree.weighted[-1].children

    ticker, seen = tree.ticker(seed=0), []
    assert not breathing(1.0)
    assert not breathing(0.4)
    assert breathing(0.3)
    assert breathing(0.4)
    assert not breathing(0.6)


@pytest.fixture
def boss():
    """A boss whose actions take one tick; `did` holds them in order, `tick` is (facts, time)."""
    tree = load_tree("boss.xml")
    did = []

    def act(ident):
        def run(_who, _facts):
            did.append(ident)
            yield
            return True

        tree.action(ident)(run)

    for ident in tree.actions:
        act(ident)
    ticker = tree.ticker(seed=3)
    calm = {"distance": 3.0, "staggered": 0.0, "minions": 2.0, "behind": 0.0}

    def tick(times=1, **facts):
        for _ in range(times):
            tick.now += 1.0
            tick.status = ticker.tick({**calm, **facts, "now": tick.now}, tick.now)
        seen, did[:] = did[:], []
        return seen

    tick.now, tick.status = 0.0, Status.IDLE
    return tick


def test_the_boss_calls_her_brood_once_and_never_goes_back_a_phase(boss):
    assert set(boss(30, health=1.0)) == {"claw", "circle"}
    assert boss(4, health=0.6)[:2] == ["roar", "summon_brood"]
    later = boss(60, health=1.0)
    assert "roar" not in later
    assert "send_brood" in later


def test_a_boss_interrupted_while_she_calls_calls_again_and_one_that_reels_only_reels(boss):
    assert boss(1, health=0.6) == ["roar"]
    assert set(boss(5, health=0.6, staggered=1.0)) == {"recover"}
    assert boss(4, health=0.6)[:2] == ["roar", "summon_brood"]
    assert set(boss(3, health=0.6, distance=50.0)) == {"return_to_lair"}


def test_the_boss_is_enraged_three_minutes_after_the_first_blow_however_healthy(boss):
    assert "break_the_floor" not in boss(179, health=1.0)
    assert "break_the_floor" in boss(4, health=1.0)
    assert set(boss(60, health=1.0)) >= {"whirl_of_claws", "claw", "breathe_fire"}


def test_the_boss_breathes_fire_at_most_every_twelve_seconds(boss):
    boss(4, health=0.6)
    fires = [boss.now for _ in range(200) if "breathe_fire" in boss(1, health=0.6)]
    assert len(fires) > 5
    assert min(np.diff(fires)) >= 12.0


def test_a_dead_boss_stops_in_the_tick_in_which_she_dies(boss):
    boss(5, health=1.0)
    assert boss.status is Status.RUNNING
    assert boss(1, health=0.0) == []
    assert boss.status is Status.FAILURE


@pytest.fixture
def civilian():
    """A civilian whose actions run until they are told to end; `doing` holds those that run."""
    tree = load_tree("civilian.xml")
    doing, ended = [], set()

    def act(ident):
        def run(_who, _facts):
            doing.append(ident)
            try:
                while ident not in ended:
                    yield
                return True
            finally:
                doing.remove(ident)

        tree.action(ident)(run)

    for ident in tree.actions:
        act(ident)
    tree.condition("way_is_free")(lambda _who, _facts: tick.free)
    ticker = tree.ticker(seed=5)
    calm = {"danger": 0.0, "danger_distance": 60.0, "health": 1.0, "hour": 10.0, "seen": 0.0,
            "guards": 0.0}  # fmt: skip

    def tick(*end, **facts):
        tick.now += 0.5
        ended.clear()
        ended.update(end)
        ticker.tick({**calm, **facts}, tick.now)
        return set(doing)

    tick.now, tick.free = 0.0, True
    return tick


def test_the_civilian_runs_and_shouts_at_once_and_lies_low_until_it_is_over(civilian):
    assert civilian() == {"walk_to"}
    assert civilian(danger=0.3) == {"walk_to"}
    assert civilian(danger=0.8) == {"run_to", "call_for_help"}
    assert civilian("call_for_help", danger=0.8) == {"run_to"}
    assert civilian("run_to", danger=0.8) == {"cower"}
    assert civilian(danger=0.2) == {"cower"}
    assert civilian(danger=0.05) == {"walk_to"}


def test_the_civilian_goes_on_with_the_errand_she_was_at(civilian):
    pastimes = {"work", "gossip", "rest"}
    civilian()
    (pastime,) = civilian("walk_to")
    assert pastime in pastimes
    assert civilian(danger=0.9) == {"run_to", "call_for_help"}
    (pastime,) = civilian(danger=0.0)
    assert pastime in pastimes


def test_without_a_way_to_the_shelter_the_civilian_needs_her_wits(civilian):
    civilian.free = False
    seen = set()
    for _ in range(40):
        seen |= civilian(danger=0.9, guards=2.0)
        civilian()
    assert {"hide", "run_to"} <= seen
    assert civilian(danger=0.9, health=0.1, seen=1.0, danger_distance=10.0) == {
        "cower", "call_for_help",
    }  # fmt: skip


def test_at_night_the_civilian_goes_home_and_sleeps(civilian):
    assert civilian() == {"walk_to"}
    assert civilian(hour=22.0) == {"walk_to"}
    assert civilian("walk_to", hour=22.5) == {"sleep"}
    assert civilian(hour=7.0) == {"walk_to"}
