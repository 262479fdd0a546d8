"""The public surface as the documentation writes it, run word for word in a game made of air."""

from types import SimpleNamespace

import esper
import pytest

import astraweave as aw

IN_A_REAL_GAME = """
ACTIONS = aw.ActionVocabulary(strike=aw.Kind("melee", aggressive=True), dodge=aw.Kind("movement"))
FACTS = [aw.Fact("hp", unit="hp", low=0, high=100, role="player_health")]
tree = aw.load_tree("companion.xml")

@tree.condition
def player_hurt(who, facts):
    return facts["hp"] < 50

@tree.action
def heal_player(who, facts):
    before = facts["hp"]
    while game.casting(who):
        yield                                        # RUNNING; a `finally` here is the halt
    return aw.Result("success", effectiveness=game.healed(before) / 50)

with aw.open_memory(game.slot_path()) as memory:
    learner = aw.attach(memory, tree, actions=ACTIONS, facts=FACTS, seed=7)
    mira, me = esper.create_entity(aw.Companion("mira")), esper.create_entity(aw.Player("robin"))
    learner.sense(lambda who: {"hp": game.hp(me)})   # runs before each decision
    for fight in game.fights():
        learner.begin(mira, "combat", player=me)
        while fight.running:
            for act in game.inputs(pygame.event.get()):
                learner.player_did(me, act.name, target=act.target, params={"damage": act.damage})
            esper.process(game.dt())
        learner.end(mira, success=fight.score)
        learner.learn_soon()
"""

IN_SHORT = """
import esper, astraweave as aw

tree = aw.load_tree("companion.xml")
learner = aw.attach(aw.open_memory("slot1.db"), tree, actions="actions.toml", seed=7)
mira = esper.create_entity(aw.Companion("mira"))
me = esper.create_entity(aw.Player("robin"))
learner.begin(mira, "combat", player=me)
while fighting():                     # calls learner.player_did(me, "strike", target=…, params={…})
    esper.process(dt)                 # trees tick, the recorder records
learner.end(mira, success=won())
print(learner.learn().verdict)
"""

TREE = """<root BTCPP_format="4" main_tree_to_execute="Main">
  <BehaviorTree ID="Main">
    <WeightedFallback name="tactics" weights="help:3;steady:1" policy="roulette">
      <Sequence name="help" _skipIf="hp &gt; 90">
        <Condition ID="player_hurt"/>
        <Action ID="heal_player"/>
      </Sequence>
      <ScriptCondition name="steady" code="hp &gt;= 50"/>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""


class Fight:
    """A hundred frames in which the player loses two hit points a frame, and is healed."""

    def __init__(self, game):
        self.game, self.frame, self.score = game, 0, 0.75

    @property
    def running(self):
        self.frame += 1
        self.game.hit_points = max(0.0, self.game.hit_points - 2.0)
        return self.frame <= 100


class Game:
    """Everything the snippet asks of a game."""

    def __init__(self, folder, fights):
        self.folder, self.fight_count = folder, fights
        self.hit_points, self.casts = 100.0, 0

    def slot_path(self):
        return self.folder / "slot1.db"

    def hp(self, _player):
        return self.hit_points

    def casting(self, _who):
        self.casts += 1
        return self.casts % 3 != 0

    def healed(self, before):
        self.hit_points = min(100.0, before + 40.0)
        return self.hit_points - before

    def inputs(self, _events):
        return [SimpleNamespace(name="strike", target="wolf", damage=2.5)]

    def dt(self):
        return 1 / 60

    def fights(self):
        for _ in range(self.fight_count):
            self.hit_points = 100.0
            yield Fight(self)


@pytest.fixture
def folder(tmp_path, monkeypatch, world):
    (tmp_path / "companion.xml").write_text(TREE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(snippet, **names):
    """Run a snippet with the names it does not define itself."""
    exec(compile(snippet, "snippet", "exec"), names)
    return names


@pytest.fixture
def played(folder):
    """Three fights of the real game, and the episodes they left in its save."""
    pygame = SimpleNamespace(event=SimpleNamespace(get=list))
    names = run(IN_A_REAL_GAME, aw=aw, esper=esper, pygame=pygame, game=Game(folder, 3))
    names["learner"].close()
    with aw.open_memory(folder / "slot1.db") as memory:
        return [aw.episode_of(log) for log in memory.episodes(memory.episode_ids("robin", "mira"))]


def test_a_real_game_plays_the_surface_as_it_is_written(played):
    assert [episode.outcome.success_rating for episode in played] == [0.75] * 3
    for episode in played:
        acts = [seen.player_action for seen in episode.observations if seen.player_action]
        assert len(acts) == 100
        assert (acts[0].action_type, acts[0].target) == ("strike", "wolf")
        assert acts[0].parameters == {"damage": 2.5}


def test_a_generator_that_yields_runs_on_and_its_result_is_recorded(played):
    healed = [
        seen
        for episode in played
        for seen in episode.observations
        if seen.companion_response and seen.companion_response.effectiveness is not None
    ]
    assert healed
    for seen in healed:
        assert seen.companion_response.tactic == "help"
        assert seen.companion_response.effectiveness == pytest.approx(0.8, abs=0.2)
        assert seen.world_state["hp"] < 50


def test_the_short_form_learns_from_the_words_on_the_first_page(folder, capsys):
    (folder / "actions.toml").write_text(
        '[actions.strike]\nkind = "melee"\naggressive = true\n[facts.hp]\nlow = 0\nhigh = 100\n'
    )
    text = TREE.replace('<Condition ID="player_hurt"/>', '<ScriptCondition code="hp &lt; 50"/>')
    (folder / "companion.xml").write_text(text, "utf-8")
    frames = iter(range(60))
    names = {}

    def fighting():
        learner, me, mira = names["learner"], names["me"], names["mira"]
        learner.sense(lambda _who: {"hp": 40.0})
        learner.player_did(me, "strike", target="wolf", params={"damage": 1.0})
        assert esper.component_for_entity(mira, aw.Companion).id == "mira"
        return next(frames, None) is not None

    names |= {"fighting": fighting, "dt": 1 / 60, "won": lambda: True}
    exec(compile(IN_SHORT, "snippet", "exec"), names)
    memory = names["learner"].memory
    names["learner"].close()
    assert memory.episode_ids("robin", "mira")
    memory.close()
    assert capsys.readouterr().out
