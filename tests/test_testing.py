"""`astraweave.testing`: an honest game passes, and each broken promise is found and named."""

import numpy as np
import pytest

from astraweave.arena import Arena
from astraweave.errors import EnvironmentFailure, UsageError
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.ports import RUNNING, SUCCESS, Step
from astraweave.model.rng import uniform
from astraweave.model.scenario import Scenario
from astraweave.sandbox import load_scenario
from astraweave.testing import check_environment

SCENARIO = Scenario(
    name="pond", description="", threat=0.5, seconds=5.0, ranges={"fish": (3.0, 9.0)}
)


class Pond:
    """Catch the fish of a pond: `cast` catches one now and then, `wait` brings more."""

    facts = FactSheet((Fact("fish", "", 0.0, 20.0), Fact("caught", "", 0.0, 20.0)))
    actions = ("cast", "wait")
    events = ("snapped",)
    ranges = ("fish",)
    step_seconds = 0.25

    def reset(self, scenario: Scenario, seed: int) -> dict[str, float]:
        low, high = scenario.ranges["fish"]
        self.seed, self.t, self.snapped = seed, 0, False
        self.fish, self.caught = low + int((high - low) * self.draw(0)), 0
        return self.seen()

    def draw(self, stream: int) -> float:
        return uniform(self.seed, 0, self.t, stream)

    def seen(self) -> dict[str, float]:
        return {"fish": float(self.fish), "caught": float(self.caught)}

    def step(self, action: str | None) -> Step:
        self.t += 1
        won = action == "cast" and self.fish > 0 and self.draw(1) < 0.5
        self.fish += (action == "wait" and self.fish < 12) - won
        self.caught += won
        events = ("snapped",) if action == "cast" and self.draw(2) < 0.1 else ()
        over = self.fish == 0 or self.t * self.step_seconds >= 5.0
        status = SUCCESS if won else RUNNING
        return Step(self.seen(), status, 1.0 if won else None, events, over)

    def outcome(self) -> dict[str, float]:
        keys = ("seconds", "damage_dealt", "damage_taken", "resources", "satisfaction")
        return {"success": float(self.fish == 0), **dict.fromkeys(keys, 0.0)}


def test_an_honest_game_passes_and_says_what_was_played():
    checked = check_environment(Pond, SCENARIO)
    assert checked.episodes == 7
    assert checked.steps > 7
    assert checked.events["snapped"] > 0
    assert checked.remarks == ()


@pytest.mark.compiled
def test_the_reference_game_keeps_every_promise():
    assert check_environment(Arena, load_scenario("low_health"), steps=60).episodes == 7


def refused(kind: type, **settings) -> str:
    with pytest.raises(EnvironmentFailure) as refusal:
        check_environment(kind, SCENARIO, **settings)
    return str(refusal.value)


def test_what_is_left_of_the_last_episode_is_found():
    class Leaky(Pond):
        left = 0

        def step(self, action: str | None) -> Step:
            Leaky.left += 1
            return super().step(action)

        def draw(self, stream: int) -> float:
            return (super().draw(stream) + Leaky.left * 0.37) % 1.0

    message = refused(Leaky)
    assert "the same seed must give the same play" in message
    assert "seed 0" in message


def test_worlds_of_a_batch_that_know_of_each_other_are_found():
    class Crowd(Arena):
        def step(self, commands):
            step = super().step(commands)
            return step._replace(effectiveness=np.full(len(commands), 1.0 / len(commands)))

    with pytest.raises(
        EnvironmentFailure, match=r"effectiveness at step 0: .*a batch with other worlds"
    ):
        check_environment(Crowd, load_scenario("low_health"), steps=3)


def test_an_episode_of_a_batch_that_comes_back_after_all_have_ended_is_found():
    class Undead(Arena):
        def reset(self, *arguments):
            self.asked = 0
            return super().reset(*arguments)

        def step(self, commands):
            step = super().step(commands)
            self.asked += 1
            return step._replace(done=np.full(len(commands), self.asked == 5))

    with pytest.raises(EnvironmentFailure, match="step 5: an episode that was done must stay so"):
        check_environment(Undead, load_scenario("low_health"), steps=60)


@pytest.mark.parametrize(
    ("fact", "value"), [("caught", -1.0), ("fish", float("nan")), ("fish", 21.0)]
)
def test_a_fact_out_of_its_range_is_named_with_seed_and_step(fact, value):
    class Wrong(Pond):
        def seen(self) -> dict[str, float]:
            return {**super().seen(), **({fact: value} if self.t == 3 else {})}

    message = refused(Wrong)
    assert f"fact {fact!r} must be finite and in [0, 20]" in message
    assert "seed 0, step 2" in message


def test_an_exception_inside_the_game_names_seed_and_step():
    class Crash(Pond):
        def step(self, action: str | None) -> Step:
            return (
                Step({"fish": 1 / (self.t - 2.0)}, RUNNING) if self.t == 2 else super().step(action)
            )

    assert "step 2: raised ZeroDivisionError" in refused(Crash)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": 9}, "status must be IDLE, RUNNING, SUCCESS or FAILURE"),
        ({"effectiveness": 1.5}, "effectiveness must be in [0, 1]"),
        ({"events": ("splash",)}, "event 'splash' is not declared"),
        ({"facts": {"fish": 1.0}}, "changed its facts: caught"),
    ],
)
def test_a_wrong_step_is_refused(change, said):
    class Odd(Pond):
        def step(self, action: str | None) -> Step:
            return super().step(action)._replace(**change)

    assert said in refused(Odd)


def test_an_outcome_that_is_no_share_is_refused():
    class Boast(Pond):
        def outcome(self) -> dict[str, float]:
            return {**super().outcome(), "success": 7.0}

    message = refused(Boast)
    assert "success must be in [0, 1]" in message
    assert "got 7.0" in message


@pytest.mark.parametrize(
    ("name", "value"),
    [("actions", ()), ("actions", ("cast", "cast")), ("step_seconds", 0.0), ("events", ("",))],
)
def test_a_declaration_that_says_nothing_is_refused(name, value):
    assert "environment Bad: " in refused(type("Bad", (Pond,), {name: value}))


def test_what_is_no_environment_at_all_is_refused():
    class Half:
        facts = Pond.facts

    assert "Half lacks some" in refused(Half)


def test_episodes_that_come_back_to_life_are_found():
    class Undead(Arena):
        def step(self, commands):
            step = super().step(commands)
            self.count = getattr(self, "count", 0) + 1
            return step._replace(done=np.full(len(commands), self.count % 3 == 1))

    with pytest.raises(EnvironmentFailure):
        check_environment(Undead, load_scenario("low_health"), steps=5)


def test_remarks_name_what_never_happened():
    class Still(Pond):
        events = ("snapped", "flooded")

        def seen(self) -> dict[str, float]:
            return {"fish": 5.0, "caught": 0.0}

        def step(self, action: str | None) -> Step:
            return super().step(action)._replace(done=False)

    remarks = check_environment(Still, SCENARIO, steps=10).remarks
    assert "event flooded never happened" in remarks
    assert "fact fish never changed" in remarks
    assert "7 of 7 episodes had not ended after the last step" in remarks
    assert "every seed ended alike: is the seed used?" in remarks


@pytest.mark.parametrize("settings", [{"seeds": (1, 1)}, {"steps": 0}, {"steps": 10_001}])
def test_a_check_that_could_not_fail_is_refused(settings):
    with pytest.raises(UsageError):
        check_environment(Pond, SCENARIO, **settings)
