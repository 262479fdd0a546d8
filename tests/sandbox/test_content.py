"""The hash of a rule: equal content gives an equal one, any change another."""

import functools
import re
import subprocess
import sys
import threading
import types
from typing import Any

import numpy as np
import pytest

from astraweave.sandbox.content import content_hash

BASE = """
LIMIT = 3
NAMES = {"b", "a", "c"}
def helper(x):
    return x > LIMIT
def rule(x, most=5):
    '''Says so.'''
    return helper(x) and x < most and x in NAMES
"""


def compiled(text: str, name: str = "rule") -> Any:
    names: dict[str, Any] = {"np": np}
    exec(compile(text, "rules.py", "exec"), names)  # noqa: S102
    return names[name]


def test_comments_empty_lines_and_file_names_do_not_count() -> None:
    moved = "# about rules\n\n" + BASE.replace("LIMIT = 3", "LIMIT = 3  # or so")
    assert content_hash(compiled(BASE)) == content_hash(compiled(moved))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),  # a constant of the module
        ("x > LIMIT", "x >= LIMIT"),  # a function it calls
        ("most=5", "most=6"),  # a default
        ('"c"}', '"d"}'),
        ("x < most", "x <= most"),
        ("Says so.", "Says no."),
        ("LIMIT = 3", "LIMIT = 3.0"),
    ],
)
def test_whatever_decides_the_answer_counts(old: str, new: str) -> None:
    assert old in BASE
    assert content_hash(compiled(BASE)) != content_hash(compiled(BASE.replace(old, new, 1)))


def test_two_lambdas_of_one_line_differ() -> None:
    stricter, looser, same = (lambda x: x > 1), (lambda x: x > 2), (lambda x: x > 1)
    assert content_hash(stricter) != content_hash(looser)
    assert content_hash(stricter) == content_hash(same)


def test_a_function_in_a_function_is_told_apart_by_what_it_holds() -> None:
    def at_most(limit: object) -> Any:
        return lambda x: x > limit

    one, other, equal = at_most(1), at_most(2), at_most(1)
    assert content_hash(one) != content_hash(other)
    assert content_hash(one) == content_hash(equal)
    assert content_hash(at_most(np.arange(3))) != content_hash(at_most(np.arange(1, 4)))
    assert content_hash(at_most(one)) != content_hash(at_most(other))


class Above:
    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, x: int) -> bool:
        return x > self.limit

    def ask(self, x: int) -> bool:
        return self(x)


def test_objects_partials_and_methods_are_looked_into() -> None:
    def above(limit: int, x: int) -> bool:
        return x > limit

    def cached(limit: int) -> Any:
        return functools.lru_cache(lambda x: x > 1 if limit else x > 2)

    for make in (Above, lambda n: functools.partial(above, n), lambda n: Above(n).ask):
        assert content_hash(make(1)) == content_hash(make(1))
        assert content_hash(make(1)) != content_hash(make(2))
    assert content_hash(cached(1)) == content_hash(cached(1)) != content_hash(cached(0))
    assert content_hash(np.isnan) != content_hash(np.isfinite)


OWN = """
import collections, dataclasses, decimal, enum, operator, re, types
@dataclasses.dataclass(frozen=True)
class Config:
    most: int
class Base:
    def at_most(self):
        return {0}
class Derived(Base):
    low = {1}
    @property
    def high(self):
        return {2}
    @staticmethod
    def fixed():
        return {3}
class Level(enum.IntEnum):
    HIGH = {4}
class Words(str):
    pass
Pair = collections.namedtuple("Pair", "low high")
CONFIG, SPACE = Config({5}), types.SimpleNamespace(limit={6})
EXACT, PATTERN = decimal.Decimal({7}), re.compile("a{8}")
KEPT, GET = collections.deque([{9}]), operator.attrgetter("x{10}")
PAIR, TEXT, ARRAY = Pair(1, {11}), Words("{12}"), np.array([{13}, None], dtype=object)
def rule(x):
    return (Derived(), Level, CONFIG, SPACE, EXACT, PATTERN, KEPT, GET, PAIR, TEXT, ARRAY, rule.own)
rule.own = {14}
"""
"""What a rule may read beside plain numbers, each with one place that decides."""


@pytest.mark.parametrize("place", range(15))
def test_classes_and_objects_that_a_rule_reads_are_looked_into(place: int) -> None:
    def named(at: int | None) -> Any:
        numbers = [2 if each == at else 1 for each in range(15)]
        return compiled(
            '__name__ = "own"\n' + re.sub(r"\{(\d+)\}", lambda m: str(numbers[int(m[1])]), OWN)
        )

    assert content_hash(named(None)) == content_hash(named(None)) != content_hash(named(place))


def test_functions_that_call_each_other_in_every_way_are_looked_into_once() -> None:
    names = [f"f{i}" for i in range(40)]
    calls = " + ".join(f"{name}(x)" for name in names)
    text = "\n".join(f"def {name}(x): return {calls}" for name in names)
    edited = text.replace("def f39(x): return ", "def f39(x): return 1 + ")
    assert content_hash(compiled(text, "f0")) == content_hash(compiled(text, "f0"))
    assert content_hash(compiled(text, "f0")) != content_hash(compiled(edited, "f0"))


def test_what_a_module_of_ones_own_takes_from_another_counts() -> None:
    hashes = []
    for limit in (1, 2, 1):
        helper, deeper = types.ModuleType("helper"), types.ModuleType("deeper")
        exec(f"def check(x):\n    return x > {limit}\n", vars(deeper))  # noqa: S102
        vars(helper)["deeper"] = deeper
        exec("def ask(x):\n    return deeper.check(x)\n", vars(helper))  # noqa: S102
        names: dict[str, Any] = {"helper": helper}
        exec("def rule(x):\n    return helper.ask(x)\n", names)  # noqa: S102
        hashes.append(content_hash(names["rule"]))
    assert hashes[0] == hashes[2] != hashes[1]


def test_what_cannot_be_copied_stands_by_its_class() -> None:
    one, other = threading.Lock(), threading.Lock()
    assert content_hash(lambda: one) == content_hash(lambda: other)


def test_what_holds_itself_has_a_hash_too() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    text = "def rule(x):\n    return rule(x - 1) if x else True\n"
    assert content_hash(lambda: loop) == content_hash(lambda: loop)
    assert content_hash(compiled(text)) == content_hash(compiled(text))


def test_a_module_that_is_read_counts_with_its_file(tmp_path: Any) -> None:
    hashes = []
    for limit in (1, 2, 1):
        (tmp_path / "helper.py").write_text(f"LIMIT = {limit}\n", "utf-8")
        module = types.ModuleType("helper")
        module.__file__ = str(tmp_path / "helper.py")
        names: dict[str, Any] = {"helper": module}
        exec("def rule(x):\n    return x > helper.LIMIT\n", names)  # noqa: S102
        hashes.append(content_hash(names["rule"]))
    assert hashes[0] == hashes[2] != hashes[1]


def test_another_process_gives_the_same_hash_though_sets_have_another_order() -> None:
    program = f"""
from astraweave.sandbox.content import content_hash
from astraweave.sandbox.rules import RULES, rules_hash
names = {{}}
exec(compile({BASE!r}, "rules.py", "exec"), names)
print(content_hash(names["rule"]), rules_hash(RULES))
"""
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
