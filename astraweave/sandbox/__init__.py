"""Plays a candidate thousands of times before anyone meets it, and says yes or no.

scenario   what is played         adapter, runner, decisions, played   playing it
rules      what must not happen   bounds, eprocess                     how sure one can be
rules_file, thresholds, watched   numeric rules from TOML
rulebook, content                 which rules a game is held to, and their hash
gate, theatre, questions, trial, validator                             the verdict
simplest, minimise, culprit   the simplest episode that shows a rejection
replay, traced, sheet         it again, with what its tree said, and as a picture
"""

from astraweave.sandbox.adapter import vectorised
from astraweave.sandbox.eprocess import NOT_WORSE, UNDECIDED, WORSE, NotWorse
from astraweave.sandbox.gate import SLOW, STEPS, GateSettings, settings_of, weights_fault
from astraweave.sandbox.played import Played
from astraweave.sandbox.replay import Frame, narrate, replay, scenario_of
from astraweave.sandbox.rulebook import check_rules, rules_for
from astraweave.sandbox.rules import FORBID, LIMIT, RULES, Rule, rule
from astraweave.sandbox.rules_file import load_rules
from astraweave.sandbox.runner import Policy, play
from astraweave.sandbox.scenario import (
    check_scenario,
    check_scenarios,
    load_scenario,
    load_scenarios,
)
from astraweave.sandbox.theatre import policy_of
from astraweave.sandbox.turning import turned_at
from astraweave.sandbox.validator import validate
from astraweave.sandbox.watched import watching

__all__ = [
    "FORBID",
    "LIMIT",
    "NOT_WORSE",
    "RULES",
    "SLOW",
    "STEPS",
    "UNDECIDED",
    "WORSE",
    "Frame",
    "GateSettings",
    "NotWorse",
    "Played",
    "Policy",
    "Rule",
    "check_rules",
    "check_scenario",
    "check_scenarios",
    "load_rules",
    "load_scenario",
    "load_scenarios",
    "narrate",
    "play",
    "policy_of",
    "replay",
    "rule",
    "rules_for",
    "scenario_of",
    "settings_of",
    "turned_at",
    "validate",
    "vectorised",
    "watching",
    "weights_fault",
]
