import numpy as np
import numpy.typing as npt
import pytest

from astraweave.model.scenario import Scenario
from astraweave.sandbox import NOT_WORSE, RULES, WORSE, GateSettings, Played
from astraweave.sandbox.questions import Question, decided, questions_for

NAMES = ["hill", "ford"]


def plays(pairs: int) -> list[Played]:
    """Empty play in two scenarios; seeds say which pair and where."""
    empty = np.zeros((pairs, 0), dtype=np.int32)
    none = np.zeros(pairs, dtype=np.int32)
    return [
        Played(
            scenario=Scenario(name=name, description="", threat=0.0, seconds=1.0, ranges={}),
            seeds=1000 * place + np.arange(pairs),
            outcomes=np.zeros((pairs, 6)),
            events=(),
            counts=empty,
            first=empty,
            ticks=none,
            decisions=none,
            changes=none,
        )
        for place, name in enumerate(NAMES)
    ]


def ask(x: npt.NDArray[np.float64], cut: int | None = None) -> list[Question]:
    """Put the reward questions to scores [2, pairs], in one look or in looks of `cut`."""
    questions = questions_for(GateSettings(rules=(), alpha=0.05), (), 2, ("deployed",))
    size = cut or x.shape[1]
    for at in range(0, x.shape[1], size):
        part = x[:, at : at + size]
        shown = [
            Played(**{n: getattr(p, n) for n in Played.__slots__} | {"seeds": p.seeds + at})
            for p in plays(part.shape[1])
        ]
        for asked in questions:
            asked.look(part, shown, shown)
    return questions


def test_a_loss_in_one_scenario_is_not_paid_by_another() -> None:
    pooled, hill, ford = ask(np.stack([np.full(2000, 0.54), np.full(2000, 0.48)]))
    assert pooled.test.decision == NOT_WORSE
    assert hill.test.decision == NOT_WORSE
    assert ford.test.decision == WORSE
    assert "in ford: mean score 0.4800" in ford.said(NAMES)
    assert ford.worst is not None
    assert ford.worst.scenario == "ford"


def test_pairs_of_all_scenarios_are_pooled_in_turn() -> None:
    x = np.full((2, 300), 0.5)
    x[1, 7] = 0.1
    pooled = ask(x)[0]
    assert pooled.test.pairs == 600 or pooled.test.decision == NOT_WORSE
    assert pooled.worst is not None
    assert (pooled.worst.scenario, pooled.worst.seed) == ("ford", 1007)


@pytest.mark.parametrize("cut", [1, 64, 320])
def test_answers_and_examples_do_not_depend_on_the_chunks(cut: int) -> None:
    x = np.clip(np.random.default_rng(1).normal(0.5, 0.03, (2, 1280)), 0.0, 1.0)
    whole, parts = ask(x), ask(x, cut)
    for one, other in zip(whole, parts, strict=True):
        assert one.test == other.test
        assert one.worst == other.worst


def test_one_no_decides_and_all_yes_decide() -> None:
    questions = questions_for(GateSettings(), RULES, 2, ("deployed", "designer"))
    steps = [asked.step for asked in questions]
    assert steps == ["safety"] * 3 + ["not worse"] * 2 + ["floor"] * 4
    assert not decided(questions)
    for asked in questions:
        asked.test.update(np.full(2000, 0.5))
    assert decided(questions)
    questions[0].test.decision = WORSE
    assert decided(questions)
