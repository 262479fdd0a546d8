"""A fresh esper world, a simulated clock and a small tree for each test."""

import esper
import pytest

import astraweave as aw

TREE = """<root BTCPP_format="4" main_tree_to_execute="Main">
  <BehaviorTree ID="Main">
    <WeightedFallback name="tactics" weights="guard:1;rush:1" policy="roulette">
      <Action ID="guard"/>
      <Action ID="rush" _skipIf="hp &lt; 20"/>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""
ACTIONS = aw.ActionVocabulary(
    strike=aw.Kind("melee", aggressive=True), dodge=aw.Kind("movement"), wait=aw.Kind("utility")
)
FACTS = (aw.Fact("hp", unit="hp", low=0, high=100, role="player_health"),)


class Ticks:
    """A clock that moves when told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def world():
    before = esper.current_world
    esper.switch_world("test")
    yield
    esper.switch_world(before)
    if "test" in esper.list_worlds():
        esper.delete_world("test")


@pytest.fixture
def clock():
    return Ticks()


@pytest.fixture
def tree(tmp_path):
    path = tmp_path / "tree.xml"
    path.write_text(TREE)
    return aw.load_tree(path)


@pytest.fixture
def memory():
    with aw.open_memory(":memory:") as store:
        yield store


@pytest.fixture
def new_play(world, clock, tree):
    """Attaches everything to a store given, with one companion and one player."""
    return lambda memory, other=None, **more: Play(clock, other or tree, memory, **more)


@pytest.fixture
def play(new_play, memory):
    """A small game on a save in memory."""
    return new_play(memory)


@pytest.fixture
def help_by_guarding():
    """Makes a game's `guard` help its player, and its `rush` not, or both by so much."""

    def bind(play, guard=0.9, rush=0.1):
        def helping(by):
            def act(_who, _facts):
                yield
                return aw.Result("success", effectiveness=by)

            return act

        play.tree.action("guard")(helping(guard))
        play.tree.action("rush")(helping(rush))

        return play

    return bind


class Play:
    """One companion, one player, sixty frames a second."""

    def __init__(self, clock, tree, memory, **more):
        self.clock, self.tree, self.memory = clock, tree, memory
        self.hp = 100.0
        self.learner = aw.attach(
            memory,
            tree,
            actions=ACTIONS,
            facts=FACTS,
            **{"seed": 7, "clock": clock, "wall": lambda: 1e9, **more},
        )
        self.learner.sense(lambda _who: {"hp": self.hp})
        self.mira = esper.create_entity(aw.Companion("mira"))
        self.me = esper.create_entity(aw.Player("robin"))

    def frames(self, n):
        for _ in range(n):
            esper.process(1 / 60)
            self.clock.now += 1 / 60

    def begin(self, **more):
        return self.learner.begin(self.mira, "combat", player=self.me, **more)

    def episode(self, frames=120, success=1.0, **outcome):
        self.begin()
        for _ in range(frames // 30):
            self.learner.player_did(self.me, "strike", target="wolf", params={"damage": 3.0})
            self.frames(30)
        return self.learner.end(self.mira, success=success, **outcome)

    @property
    def companion(self):
        return esper.component_for_entity(self.mira, aw.Companion)

    def told(self, episode_id):
        """An episode as the save gives it back."""
        self.memory.flush()
        log = self.memory.episode(episode_id)
        assert log is not None
        return aw.episode_of(log)

    def decisions(self, told):
        return [o.companion_response for o in told.observations if o.companion_response]

    def results(self, told):
        return [response.result for response in self.decisions(told)]
