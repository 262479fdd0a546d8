"""Whole episodes in one call are what stepping gives, byte for byte, whoever plays them."""

import msgspec
import numpy as np
import pytest

from astraweave.arena import Arena, bot_matrix, play_scenario, shipped_bots
from astraweave.arena.kernels import layout
from astraweave.arena.state import row
from astraweave.behavior import BatchTicker, load_tree
from astraweave.errors import TreeFailure
from astraweave.learning.reward import PLAY_SPAN, sandbox_reward
from astraweave.model.weights import designer_weights
from astraweave.sandbox import GateSettings, load_scenarios, play, validate
from astraweave.sandbox.hands import threads
from astraweave.sandbox.named import copied
from astraweave.sandbox.played import DITHERED, NON_FINITE
from astraweave.sandbox.runner import Batch, Policy

pytestmark = pytest.mark.compiled
PLAY = play_scenario()
SEEDS = np.arange(70, dtype=np.int64) * 31 + 5
COLUMNS = ("seeds", "outcomes", "counts", "first", "ticks", "decisions", "changes")
HEAD = '<root BTCPP_format="4" main_tree_to_execute="T"><BehaviorTree ID="T">'
TAIL = "</BehaviorTree></root>"
RESTLESS = f"""{HEAD}<Fallback>
  <WeightedFallback name="tactics">
    <Action ID="close_support" _failureIf="player_distance &gt; 1"/>
    <Timeout name="stand" msec="200"><Action ID="defensive_stance"/></Timeout>
    <Timeout name="look" msec="100"><Action ID="wait_for_player"/></Timeout>
  </WeightedFallback>
  <Action ID="cover_player"/></Fallback>{TAIL}"""
BESIDE = f"""{HEAD}<Parallel success_count="2" failure_count="1">
  <Action ID="draw_aggro"/><WeightedFallback name="tactics">
    <Action ID="aggressive_attack" _skipIf="stamina &lt; 0.3"/><Action ID="cover_player"/>
  </WeightedFallback></Parallel>{TAIL}"""
LISTED = f"""{HEAD}<ReactiveFallback>
  <Action ID="heal_player" _skipIf="heal_ready &lt; 1 || player_health &gt; 0.6 || mana &lt; 0.3"/>
  <Action ID="aggressive_attack" _skipIf="stamina &lt; 0.2"/><Action ID="close_support"/>
  </ReactiveFallback>{TAIL}"""
FAILING = f"""{HEAD}<Fallback><Sequence name="late">
  <ScriptCondition code="player_health &lt; 0.35"/>
  <Script code="part := player_health * 10; bits := part &amp; 3"/></Sequence>
  <Action ID="wait_for_player"/></Fallback>{TAIL}"""


class Stepped(Arena):
    """The arena, step by step: whoever changes `step` gets his own."""

    def step(self, commands):
        return super().step(commands)


@pytest.fixture
def tree_of(tmp_path):
    """A tree of its text, or the shipped one."""

    def load(text=""):
        if not text:
            return load_tree("companion.xml")
        path = tmp_path / "tree.xml"
        path.write_text(text, "utf-8")
        return load_tree(path)

    return load


@pytest.fixture
def policy_of(tree_of):
    """A policy of a text; its factors differ."""

    def make(text=""):
        program = tree_of(text).program(Arena.facts.names, Arena.actions)
        return Policy(program, np.linspace(0.4, 2.5, len(program.tactics)))

    return make


def bots(seeds):
    """Each of the shipped ones in turn."""
    named = list(shipped_bots().values())
    return bot_matrix([named[int(seed) % len(named)] for seed in seeds])


def assert_same(one, other):
    assert one.events == other.events
    for name in COLUMNS:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


def in_one_call(arena, policy):
    """What `play_episodes` says of the seeds: their steps, or None."""
    facts = arena.reset(PLAY, SEEDS, bots(SEEDS))
    ticker = BatchTicker(policy.program, SEEDS, policy.factors, arena.step_seconds)
    return arena.play_episodes(ticker, facts, 700)


@pytest.mark.parametrize("scenario", load_scenarios("all"), ids=lambda s: s.name)
def test_one_call_gives_what_stepping_gives_in_every_scenario(policy_of, scenario):
    seeds = SEEDS[: 4 if scenario.seconds > 100 else 70]
    whole = play(Arena(), policy_of(), scenario, seeds, bots)
    assert_same(whole, play(Stepped(), policy_of(), scenario, seeds, bots))
    assert whole.decisions.sum() > 5 * len(seeds)


def test_fights_that_change_their_tile_meanwhile_are_the_same(policy_of):
    seeds = np.arange(400)
    whole = play(Arena(), policy_of(), PLAY, seeds, bots)
    assert_same(whole, play(Stepped(), policy_of(), PLAY, seeds, bots))


@pytest.mark.parametrize(
    ("text", "once"),
    [(LISTED, True), (RESTLESS, False), (BESIDE, False)],
    ids=["without a roulette", "timeouts", "two at once"],
)
def test_a_tree_that_kernels_cannot_run_is_stepped_and_gives_the_same(policy_of, text, once):
    policy = policy_of(text)
    assert (in_one_call(Arena(), policy) is not None) == once
    assert in_one_call(Stepped(), policy) is None
    whole = play(Arena(), policy, PLAY, SEEDS, bots)
    assert_same(whole, play(Stepped(), policy, PLAY, SEEDS, bots))
    assert (whole.count(DITHERED).sum() > 0) == (text == RESTLESS)


def test_both_write_the_same_log_of_decisions(policy_of):
    about = (policy_of(), PLAY, SEEDS, bots)
    whole, stepped = Batch(Arena(), *about), Batch(Stepped(), *about)
    whole.play(), stepped.play()
    for name in whole.ticker.log._fields:
        mine, theirs = getattr(whole.ticker.log, name), getattr(stepped.ticker.log, name)
        assert np.array_equal(mine, theirs), name
    assert (whole.ticker.log.step_ended >= 0).all()


def test_what_a_seed_gives_does_not_depend_on_who_ends_last(policy_of):
    policy = policy_of(RESTLESS)
    together = play(Arena(), policy, PLAY, SEEDS, bots)
    last = int(together.ticks.argmax())
    for i in (0, last):
        alone = play(Arena(), policy, PLAY, SEEDS[i : i + 1], bots)
        for name in COLUMNS:
            assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[i]), name


def test_somebody_elses_step_is_stepped_not_passed_over(policy_of):
    told = []
    arena = Arena()
    step = arena.step
    arena.step = lambda commands: told.append(len(commands)) or step(commands)
    play(arena, policy_of(), PLAY, SEEDS[:3], bots)
    assert len(told) > 10


class Lost:
    """Mixed in: the fourth player is nowhere from the first step on."""

    def reset(self, scenario, seeds, players=None):
        facts = super().reset(scenario, seeds, players)
        self.state.world(3).slot(0)[row(layout.X)] = np.nan
        return facts


def test_a_fact_that_is_not_finite_is_the_same_event_in_one_call(policy_of):
    whole_game, stepped_game = type("Whole", (Lost, Arena), {})(), type("By", (Lost, Stepped), {})()
    whole = play(whole_game, policy_of(), PLAY, SEEDS, bots)
    assert_same(whole, play(stepped_game, policy_of(), PLAY, SEEDS, bots))
    assert in_one_call(whole_game, policy_of()) is None
    assert np.flatnonzero(whole.count(NON_FINITE)).tolist() == [3]
    assert whole.ticks[3] == whole.first_tick(NON_FINITE)[3] == 6


def test_a_tree_that_fails_while_it_is_played_names_scenario_seed_step_and_node(policy_of):
    with pytest.raises(TreeFailure) as failure:
        play(Arena(), policy_of(FAILING), PLAY, SEEDS, bots)
    seed = int(str(failure.value).split("seed ")[1].split(",")[0])
    with pytest.raises(TreeFailure) as alone:
        play(Arena(), policy_of(FAILING), PLAY, np.array([seed]), bots)
    assert str(alone.value) == str(failure.value)
    assert str(failure.value).startswith(f"scenario play, seed {seed}, step ")
    assert "the tree failed at tree.xml:3:3: Fallback/late/Script: not a whole" in str(alone.value)


def verdict(tree, environment, hands=None):
    """A short verdict on equal weights."""
    return validate(
        environment,
        tree,
        designer_weights(tree.tactics),
        designer_weights(tree.tactics),
        scenarios=(PLAY,),
        players=bots,
        safety_players=environment.archetypes,
        reward=sandbox_reward,
        span=PLAY_SPAN,
        settings=GateSettings(p0=0.05, max_pairs=320, first_pairs=160),
        hands=hands,
    )


def test_the_verdict_on_a_tree_that_fails_is_no_and_says_so(tree_of):
    said = verdict(tree_of(FAILING), Arena())
    assert (said.approved, said.step) == (False, "tree")
    assert "the tree failed at tree.xml:3:3" in said.reason


def test_the_verdict_is_the_same_by_one_core_by_two_and_step_by_step(tree_of):
    def said(game, hands=None):
        # Whose class it is stands in the hashes.
        given = msgspec.structs.replace(verdict(tree_of(), game, hands), hashes={})
        return msgspec.json.encode(given)

    with threads(1) as one, threads(2) as two:
        assert len({said(Arena(), hands) for hands in (None, one, two)} | {said(Stepped())}) == 1


def test_a_copy_plays_worlds_of_the_same_size():
    copy = copied(Arena(step_ticks=3, slots=12))
    copy.reset(PLAY, SEEDS)
    assert (copy.step_ticks, copy.slots) == (3, 12)
