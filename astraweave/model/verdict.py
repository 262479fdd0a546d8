"""What the sandbox says of a proposal, with everything needed to say it again."""

from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.model.episode import Count, Name, Unit


class RuleResult(msgspec.Struct, frozen=True, kw_only=True):
    """How often one rule was broken in one scenario: `breaks` of `episodes`, and by the deployed.

    `bound` is the rate that more breaks than these would have shown with confidence 1 − alpha.
    """

    rule: Name
    kind: str
    scenario: Name
    breaks: Count
    baseline_breaks: Count
    episodes: Count
    bound: float
    passed: bool


class ScenarioResult(msgspec.Struct, frozen=True, kw_only=True):
    """The sequential test of "not worse" in one scenario, against one baseline.

    `mean` is the mean paired score (½ is equal), `e_accept` and `e_reject` the e-values reached.
    """

    scenario: Name
    against: str
    pairs: Count
    mean: float
    e_accept: float
    e_reject: float
    s0: float
    decision: str


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """The simplest episode found that shows why a proposal was rejected; replays from its seed.

    `tick` is where the rule is broken, or where a comparison ends; `first_tick` where the decision
    that leads there was made, or where the two policies first differ. `draw` fixes ranges that
    the scenario leaves open to one value each; `free` names those that the seed still draws, where
    the game does not tell what it drew. `players` says who plays: "fitted" (bots
    drawn from this person's profile) or "archetypes"; `policy` whose play it is: "candidate" or
    "designer"; `against` with whose it is compared, empty where with nobody's. `plays` is how many
    episodes were played to make it this simple, 0 when it is as it was found.
    """

    rule: str
    scenario: Name
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    tick: int
    detail: str = ""
    players: str = "fitted"
    policy: str = "candidate"
    first_tick: int = 0
    draw: dict[Name, float] = {}
    free: tuple[Name, ...] = ()
    against: str = ""
    plays: Count = 0


class Spent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one proposal cost of the error rate `alpha` of a life: `alpha_k`, approved or not.

    0 where nothing was simulated.
    """

    number: Annotated[int, Meta(ge=1)]
    approved: bool
    alpha: Unit = 0.0
    alpha_k: Unit = 0.0
    p0: Unit = 0.0
    step: str = ""
    proof: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Approved or not, by what proof, at what error rates, over which seeds.

    `proof` is "simulated" (the sandbox played it) or "observed" (no environment: logged play).
    `step` is the one that said no, else the last one passed. `steps` says of each what came of it:
    passed, no, skipped, not reached or, of the trial on real episodes, to come.
    `hashes` names the content of everything that decided it. `cached` says that the same question
    was played before, and this is the answer from then.
    """

    approved: bool
    reason: str
    proof: str
    step: str
    steps: dict[str, str] = {}
    alpha: Unit = 0.0
    p0: Unit = 0.0
    proposal_number: Annotated[int, Meta(ge=1)] = 1
    seed: int = 0
    episodes: Count = 0
    rules: tuple[RuleResult, ...] = ()
    scenarios: tuple[ScenarioResult, ...] = ()
    counterexample: Counterexample | None = None
    hashes: dict[str, str] = {}
    figures: dict[str, float] = {}
    cached: bool = False


class Deployment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A weight set in use, the verdict that let it through, and since when.

    `action` is promote, undo, redo, reset or roll_back. `canary` plays it in half of the episodes,
    on trial against the version `against` in the others.
    """

    version: Count
    player_id: Name
    companion_id: Name
    action: str
    deployed_at: Annotated[float, Meta(ge=0.0, le=4e11)]
    verdict: Verdict | None = None
    canary: bool = False
    against: Count | None = None
    reason: str = ""
