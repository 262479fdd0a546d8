"""A bot plays as a person would; what Mira then believes, plays and can prove."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from astraweave.memory import MemoryStore, open_memory
from astraweave.model.columns import COMPANION, NONE
from astraweave.model.weights import CAP

pytestmark = pytest.mark.compiled
PAIR = ("you", "mira")
NAMED = {
    "berserker": ("defensive_stance", "cover_player", "heal_player"),
    "cautious": ("aggressive_attack", "draw_aggro"),
    "kiter": ("covering_fire", "suppress_enemy"),
    "caster": ("buff_player", "debuff_enemy"),
}
"""The tactics that complement each way to play."""
EPISODES = 15


def stored_steps(store: MemoryStore) -> Iterator[tuple[str, float, float]]:
    """Each tactic of each promotion on a save: (tactic, factor before, factor after)."""
    for deployment in store.deployments(*PAIR):
        assert deployment.action == "promote"
        after = store.weight_set(*PAIR, deployment.version)
        assert after is not None
        before = store.weight_set(*PAIR, after.parent) if after.parent else None
        for tactic, factor in after.weights.items():
            yield tactic, 1.0 if before is None else before.weights[tactic], factor


def chosen(store: MemoryStore) -> list[list[str]]:
    """The tactics Mira chose, episode by episode."""
    told = []
    for log in store.episodes(store.episode_ids(*PAIR)):
        seen = log.observations
        codes = seen["tactic"][(seen["kind"] == COMPANION) & (seen["tactic"] != NONE)]
        told.append([log.names[code] for code in codes])
    return told


def share(episodes: list[list[str]], tactics: tuple[str, ...]) -> float:
    """Share of the decisions that chose one of `tactics`."""
    every = [tactic for episode in episodes for tactic in episode]
    return sum(tactic in tactics for tactic in every) / len(every)


# -- three fights -----------------------------------------------------------------------------


@pytest.fixture
def status(morning: Any, command: Any) -> dict[str, Any]:
    """What the save shows after the third fight."""
    return status_of(command, morning.save)


def status_of(command: Callable[..., Any], save: Path) -> dict[str, Any]:
    said = command("status", "--save", save, "--json")
    assert (said.code, said.err) == (0, "")
    (pair,) = said.told["pairs"]
    found: dict[str, Any] = pair
    return found


def test_three_fights_show_a_profile_and_weights_that_moved(status: dict[str, Any]) -> None:
    style = status["profile"]["playstyle"]
    bold = style["aggression"]
    assert status["episodes"] == 3
    assert style["combat_style"] == "melee"
    assert 0.6 < bold["low"] < bold["mean"] < bold["high"]
    learned = {w["tactic"]: w["learned"] for w in status["weights"]}
    assert len(learned) == 13
    assert all(learned[name] > 1.0 for name in NAMED["berserker"])


def test_no_promotion_on_a_save_moved_a_weight_beyond_a_quarter(
    morning: Any, status: dict[str, Any]
) -> None:
    with open_memory(morning.save, recover=False) as store:
        steps = list(stored_steps(store))
    assert len(steps) == 13 * status["approved"] > 0
    assert max(abs(after / before - 1.0) for _, before, after in steps) <= CAP + 1e-9


def test_a_restart_shows_what_the_last_run_showed(
    evening: Any, morning: Any, status: dict[str, Any], elsewhere: Any
) -> None:
    before, after = evening.said.told, morning.said.told
    assert after["remembered"] == before["episodes"] == 2
    assert after["curve"][:2] == before["curve"]
    assert after["promotions"][: before["proposals"]] == before["promotions"]
    assert same(after, status)
    (again,) = elsewhere("status", "--save", morning.save, "--json").told["pairs"]
    assert again == status


def same(said: dict[str, Any], status: dict[str, Any]) -> bool:
    """Whether a run ended with the numbers that the save shows after it."""
    told = {name: value for name, value in status.items() if not name.endswith("_id")}
    return told.items() <= said.items()


# -- fifteen fights with each bot -------------------------------------------------------------


class Career(NamedTuple):
    bot: str
    save: Path
    said: dict[str, Any]
    status: dict[str, Any]
    again: dict[str, Any]
    steps: list[tuple[str, float, float]]
    chosen: list[list[str]]


@pytest.fixture(scope="session")
def careers(played: Any, command: Any, elsewhere: Any, tmp_path_factory: Any) -> Any:
    """Fifteen fights of a bot with a seed, each played once whatever the order of the tests."""

    @cache
    def of(bot: str, seed: int) -> Career:
        save = tmp_path_factory.mktemp(bot) / "slot.db"
        said = played(save, bot, EPISODES, seed).told
        with open_memory(save, recover=False) as store:
            steps, tactics = list(stored_steps(store)), chosen(store)
        (again,) = elsewhere("status", "--save", save, "--json").told["pairs"]
        return Career(bot, save, said, status_of(command, save), again, steps, tactics)

    return of


@pytest.fixture(
    params=[(bot, seed) for bot in NAMED for seed in (1, 2)], ids=lambda p: f"{p[0]}-{p[1]}"
)
def career(request: pytest.FixtureRequest, careers: Any) -> Career:
    found: Career = careers(*request.param)
    return found


@pytest.mark.slow
def test_at_least_half_of_the_proposals_are_approved(career: Career) -> None:
    assert career.status["episodes"] == EPISODES
    assert career.status["proposals"] >= EPISODES - 1
    assert 2 * career.status["approved"] >= career.status["proposals"]


@pytest.mark.slow
def test_a_rejection_says_why_and_a_broken_rule_is_shown_again(
    career: Career, command: Any
) -> None:
    for told in career.status["promotions"]:
        assert told["reason"]
        if told["step"] != "safety":
            continue
        assert None not in (told["rule"], told["scenario"], told["seed"], told["tick"])
        replay = ("sandbox", "replay", "--save", career.save, "--proposal", told["number"])
        shown = command(*replay)
        assert (shown.code, shown.err) == (0, "")
        assert told["rule"] in shown.out
        assert f"seed {told['seed']}" in shown.out


@pytest.mark.slow
def test_the_tactics_that_complement_the_player_are_raised(career: Career) -> None:
    learned = {w["tactic"]: w["learned"] for w in career.status["weights"]}
    named = {name: learned[name] for name in NAMED[career.bot]}
    assert min(named.values()) >= 1.15, named


@pytest.mark.slow
def test_each_promotion_moves_a_weight_by_a_quarter_at_most(career: Career) -> None:
    assert len(career.steps) == 13 * career.status["approved"]
    assert max(abs(after / before - 1.0) for _, before, after in career.steps) <= CAP + 1e-9


@pytest.mark.slow
def test_the_profile_is_the_player_s(career: Career) -> None:
    style = career.status["profile"]["playstyle"]
    bold = style["aggression"]["mean"]
    told = (style["combat_style"], bold)
    fits = {
        "berserker": style["combat_style"] == "melee" and bold >= 0.6,
        "cautious": bold < 0.4,
        "kiter": style["combat_style"] == "ranged",
        "caster": style["combat_style"] == "magic",
    }
    assert fits[career.bot], told


@pytest.mark.slow
def test_what_mira_does_follows_her_weights(career: Career) -> None:
    early, late = (
        share(part, NAMED[career.bot]) for part in (career.chosen[:3], career.chosen[-5:])
    )
    assert late > early


@pytest.mark.slow
def test_after_a_restart_the_numbers_are_the_same(career: Career) -> None:
    assert same(career.said, career.status)
    assert career.again == career.status
