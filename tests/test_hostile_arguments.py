"""Whatever a public call is given, what it raises is one of our errors, in one line."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import esper
import pytest

import astraweave as aw
from astraweave import arena, sandbox
from astraweave.model.arguments import fits, wanted
from astraweave.model.ports import OUTCOMES, SUCCESS, Step
from astraweave.playstyle import load_archetypes
from astraweave.sandbox import load_rules, load_scenario
from astraweave.testing import check_environment

HOSTILE: list[Any] = [
    *(None, 3, -1, 2.5, float("nan"), 10**400, True, "x", "", "a\x00b", "\ud800", b"x"),
    *([], [1], (1, 2), {}, {1: 2}, {"x": None}, set(), object(), print),
]
TREE = """<root BTCPP_format="4"><BehaviorTree ID="M">
<WeightedFallback name="t" weights="a:1; b:1"><Action ID="a"/><Action ID="b"/></WeightedFallback>
</BehaviorTree></root>"""
ACTIONS = aw.ActionVocabulary(strike=aw.Kind("melee", aggressive=True), dodge=aw.Kind("movement"))
FACTS = aw.FactSheet([aw.Fact("hp", low=0, high=100, role="player_health")])
FUNCTIONS = (
    *("open_memory", "load_tree", "load_actions", "log_of", "episode_of", "shipped"),
    *("ActionVocabulary", "FactSheet", "GateSettings", "Situation", "WorkingMemory"),
)
WAITS = {"close", "flush", "keep_backups", "learn_soon", "watch", "configure", "post_audit"}
"""What has no argument of a user's, or starts a process or a thread for each."""
BETWEEN = {"take", "discard", "checkpoint", "write", "commit", "note_soon", "put_note"}
"""Methods of the store that only layers above it call, with values of their own."""
GIVEN = {"category": "combat", "action": "strike", "amount": 0.1, "tactic": "a", "now": 1.0}


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.xml").write_text(TREE)


@pytest.fixture
def memory() -> Iterator[aw.MemoryStore]:
    with aw.open_memory(":memory:") as store:
        yield store


def tree() -> aw.Tree:
    """One that can be played."""
    loaded = aw.load_tree("t.xml")
    for name in loaded.actions:
        loaded.action(name)(lambda _who, _facts: True)
    return loaded


def calls(function: Callable[..., Any], given: dict[str, Any]) -> Iterator[Callable[[], Any]]:
    """The function with each hostile value for each of its parameters, the others as given."""
    parameters = inspect.signature(function).parameters.values()
    needed = {
        p.name: given.get(p.name, "x")
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }
    for asked in parameters:
        for value in HOSTILE:
            named = {name: v for name, v in needed.items() if name != asked.name}
            if asked.kind is asked.VAR_KEYWORD:
                yield lambda n=named, v=value: function(**n, other=v)
            elif asked.kind is asked.VAR_POSITIONAL:
                yield lambda n=named, v=value: function(*n.values(), v)
            elif asked.kind is asked.POSITIONAL_ONLY:
                yield lambda v=value: function(v)
            else:
                yield lambda n=named, a=asked.name, v=value: function(**n, **{a: v})


def survives(call: Callable[[], Any]) -> Any:
    """What it gives, also lazily; or nothing, where it refuses in one line."""
    said, found = "", None
    try:
        found = call()
        if inspect.isgenerator(found):
            list(found)
    except aw.AstraweaveError as error:
        said = str(error)
    assert "\n" not in said
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_refuses_in_its_own_words(name: str) -> None:
    for call in calls(getattr(aw, name), {}):
        made = survives(call)
        if isinstance(made, aw.MemoryStore):
            made.close()


@pytest.mark.parametrize("name", list(inspect.signature(aw.attach).parameters))
def test_attach_refuses_in_its_own_words(name: str, memory: aw.MemoryStore) -> None:
    usual = {"memory": memory, "tree": tree(), "actions": ACTIONS, "facts": FACTS, "seed": 7}
    for i, value in enumerate(HOSTILE):
        esper.switch_world(f"{name} {i}")
        learner = survives(lambda v=value: aw.attach(**{**usual, name: v}))
        if learner is not None:
            learner.detach()


@pytest.mark.parametrize("given", [{"bounds": 3}, {"trust": 3}, {"guard": "x"}, {"wall": 3}])
def test_what_is_wrong_with_attach_is_named(given: dict[str, Any], memory: aw.MemoryStore) -> None:
    esper.switch_world("named")
    with pytest.raises(aw.AstraweaveError, match=next(iter(given))):
        aw.attach(memory, tree(), actions=ACTIONS, seed=7, **given)


def test_a_learner_refuses_in_its_own_words(memory: aw.MemoryStore) -> None:
    esper.switch_world("hostile")
    learner = aw.attach(memory, tree(), actions=ACTIONS, facts=FACTS, seed=7)
    pim, robin = esper.create_entity(aw.Companion("pim")), esper.create_entity(aw.Player("robin"))
    learner.begin(pim, "combat", player=robin)
    learner.end(pim, success=0.5)
    usual = {**GIVEN, "companion": pim, "player": robin}
    for name in sorted(set(dir(aw.Learner)) - WAITS - {"detach"}):
        if not name.startswith("_") and callable(getattr(learner, name)):
            for call in calls(getattr(learner, name), usual):
                survives(call)
    learner.detach()


@pytest.mark.parametrize("kind", ["MemoryStore", "Tree", "WorkingMemory", "FactSheet"])
def test_methods_refuse_in_their_own_words(kind: str, memory: aw.MemoryStore) -> None:
    made = {"MemoryStore": memory, "Tree": tree(), "WorkingMemory": memory.working}
    thing = made.get(kind, FACTS)
    for name in sorted(set(dir(thing)) - WAITS - BETWEEN):
        if not name.startswith("_") and callable(getattr(thing, name)):
            for call in calls(getattr(thing, name), GIVEN):
                survives(call)


@pytest.mark.parametrize(
    ("value", "hint", "does"),
    [
        (3, float, True),
        (float("nan"), float, False),
        (10**400, int, False),
        ("a", list[str] | None, False),
        (["a", 1], list[str], False),
        ({"a": 1}, dict[str, int], True),
        ((1, 2), tuple[int, int], True),
        ((1, "b"), tuple[int, int], False),
        ((1, 2, 3), tuple[int, ...], True),
        ("\ud800", str, False),
        (print, Callable[[int], str], True),
    ],
)
def test_what_fits_an_annotation(value: object, hint: Any, does: bool) -> None:
    assert fits(value, hint) is does
    assert "\n" not in wanted(hint)


def test_of_several_wrong_arguments_the_first_is_named_in_every_process() -> None:
    for main in (7, "M"):
        with pytest.raises(aw.AstraweaveError, match="load_tree: path must be a text or Path"):
            aw.load_tree(3.5, main=main, leaves=3)  # type: ignore[arg-type]
    with pytest.raises(aw.AstraweaveError, match="load_tree: main must be"):
        aw.load_tree("t.xml", leaves=3, main=7, enums=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("read", [load_scenario, load_rules, load_archetypes])
@pytest.mark.parametrize("value", HOSTILE)
def test_what_reads_a_file_by_name_refuses_what_is_no_name(
    read: Callable[[Any], object], value: object
) -> None:
    survives(lambda: read(value))


class Pond:
    """A game of four steps."""

    facts = aw.FactSheet([aw.Fact("fish", low=0, high=9)])
    actions, events, ranges, step_seconds = ("a", "b"), (), ("fish",), 1.0

    def reset(self, _scenario: aw.Scenario, seed: int) -> dict[str, float]:
        self.t, self.fish = 0, float(seed % 9)
        return {"fish": self.fish}

    def step(self, _action: str | None) -> Step:
        self.t += 1
        return Step({"fish": self.fish}, SUCCESS, done=self.t == 4)

    def outcome(self) -> dict[str, float]:
        return dict.fromkeys(OUTCOMES, 0.0)


POND = aw.Scenario(name="p", description="", threat=0.5, seconds=9.0, ranges={"fish": (0.0, 1.0)})
EVEN = aw.WeightSet(version=1, weights={"a": 1.0, "b": 1.0})
QUICK = aw.GateSettings(p0=0.3, alpha=0.3, max_pairs=4, first_pairs=4)
JUDGED: dict[str, Any] = {
    **{"environment": Pond(), "candidate": EVEN, "deployed": EVEN, "weights": EVEN, "seed": 1},
    **{"scenarios": (POND,), "scenario": POND, "span": 1.0, "settings": QUICK, "make": Pond},
    **{"reward": lambda outcomes: outcomes[:, 0], "frames": [], "asked": (), "rules": ()},
    **{"bots": [arena.load_bot("kiter")], "name": "kiter", "example": None, "given": None},
    **{"tactics": ("a",), "low": 0.1, "high": 1.0, "differences": [1.0], "unit": "u"},
    **{"kind": "limit", "severity": "minor"},
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "function",
    [
        *(sandbox.validate, sandbox.replay, sandbox.narrate, sandbox.scenario_of, sandbox.rule),
        *(sandbox.load_scenarios, sandbox.check_scenario, sandbox.rules_for, sandbox.check_rules),
        *(sandbox.vectorised, sandbox.watching, sandbox.policy_of, sandbox.settings_of),
        *(sandbox.weights_fault, sandbox.turned_at, sandbox.NotWorse, check_environment),
        *(arena.load_bot, arena.bot_matrix),
    ],
    ids=lambda function: str(function.__name__),
)
def test_the_sandbox_refuses_in_its_own_words(function: Callable[..., Any]) -> None:
    usual = {**JUDGED, "tree": tree()}
    if function is sandbox.validate:
        function = partial(function, settings=QUICK)
    for call in calls(function, usual):
        survives(call)
