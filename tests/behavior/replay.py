"""Replays conformance cases and random traces with both engines.

A scripted leaf answers at its k-th tick with the k-th letter of its script, over and over.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from astraweave.behavior import BatchTicker, Status, Tree
from astraweave.behavior.groot.reader import read_tree

DATA = Path(__file__).resolve().parents[1] / "data" / "conformance"
LETTER = {"S": Status.SUCCESS, "F": Status.FAILURE, "R": Status.RUNNING, "K": Status.SKIPPED}
NAME = {status: letter for letter, status in LETTER.items()}
SUBSET = {"Sequence", "ReactiveSequence", "Fallback", "ReactiveFallback", "Inverter", "SubTree"}
SUBSET |= {"Leaf", "IsTrue"}
ATTRIBUTES = {"script", "value", "_skipIf"}


@dataclass
class Case:
    """One tree with its scripts, what is written before its ticks, and what must be seen.

    `flat` is the tree with its conditions as actions: the batch engine calls no Python.
    """

    id: str
    tree: Tree
    flat: Tree
    scripts: dict[str, str]
    conditions: dict[str, str]
    roots: list[str]
    events: list[list[str]]
    facts: list[dict[str, float]] = field(default_factory=list)
    halts: set[int] = field(default_factory=set)


def load(name):
    return json.loads((DATA / name).read_text("utf-8"))


def parts(node):
    yield node
    for child in node.get("c", []):
        yield from parts(child)


def in_subset(trees):
    nodes = [node for tree in trees for node in parts(tree)]
    return all(n["t"] in SUBSET and set(n.get("p", {})) <= ATTRIBUTES for n in nodes)


def to_xml(node, condition):
    """The tree with each leaf as an Action (or `condition`) of its own name."""
    kind, attributes = node["t"], {"name": node["n"]}
    if kind in ("Leaf", "IsTrue"):
        kind = "Action" if kind == "Leaf" else condition
        attributes["ID"] = node["n"]
    elif kind == "SubTree":
        attributes["ID"] = node["id"]
    if "_skipIf" in node.get("p", {}):
        attributes["_skipIf"] = node["p"]["_skipIf"]
    inner = "".join(to_xml(child, condition) for child in node.get("c", []))
    given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{kind}{given}>{inner}</{kind}>"


def tree_of(case, condition="Condition"):
    trees = {"Main": case["tree"], **case.get("subtrees", {})}
    behaviours = (
        f'<BehaviorTree ID="{name}">{to_xml(tree, condition)}</BehaviorTree>'
        for name, tree in trees.items()
    )
    xml = f'<root BTCPP_format="4" main_tree_to_execute="Main">{"".join(behaviours)}</root>'
    return Tree(read_tree(xml.encode(), case["id"]), case["id"])


def cases():
    """The cases of behavior_tree_cases.json inside the subset."""
    for case in load("behavior_tree_cases.json")["cases"]:
        trees = [case["tree"], *case.get("subtrees", {}).values()]
        if not in_subset(trees) or case["mode"] != "exactly_once":
            continue
        board, facts = {**case.get("bb_init", {})}, []
        for tick in range(case["ticks"]):
            board |= case.get("bb_set", {}).get(str(tick), {})
            facts.append({name: float(value) for name, value in board.items()})
        leaves = [n for tree in trees for n in parts(tree) if n["t"] in ("Leaf", "IsTrue")]
        yield Case(
            case["id"],
            tree_of(case),
            tree_of(case, "Action"),
            {n["n"]: n["p"]["script"] for n in leaves if n["t"] == "Leaf"},
            {n["n"]: n["p"]["value"].strip("{}") for n in leaves if n["t"] == "IsTrue"},
            [expected["root"] for expected in case["expect"]],
            [expected["events"] for expected in case["expect"]],
            facts,
            set(case.get("halt_before", [])),
        )


def traces():
    """The runs of random_tree_traces.json inside the subset."""
    for item in load("random_tree_traces.json")["trees"]:
        if not in_subset([item["tree"], *item.get("subtrees", {}).values()]):
            continue
        for number, run in enumerate(item["runs"]):
            yield Case(
                f"{item['id']}.{number}",
                tree_of(item),
                tree_of(item),
                run["scripts"],
                {},
                list(run["root"]),
                [line.split() for line in run["events"]],
                [{} for _ in run["root"]],
                set(run.get("halt_before", [])),
            )


def scripted(name, script, log):
    """A generator function that plays a script, and says so when it is halted."""
    count = 0

    def play(_entity, _facts):
        nonlocal count
        while True:
            letter = script[count % len(script)]
            count += 1
            log.append(f"{name}:{letter}")
            if letter != "R":
                return LETTER[letter]
            try:
                yield
            except GeneratorExit:
                log.append(f"~{name}")
                raise

    return play


def asked(name, key, log):
    def answer(_entity, facts):
        log.append(f"{name}:{'S' if facts[key] else 'F'}")
        return bool(facts[key])

    return answer


def play_scalar(case):
    """(roots, events) of the scalar engine."""
    log: list[str] = []
    for name, script in case.scripts.items():
        if name in case.tree.actions:
            case.tree.action(name)(scripted(name, script, log))
    for name, key in case.conditions.items():
        case.tree.condition(name)(asked(name, key, log))
    ticker = case.tree.ticker(seed=0)
    roots, events = [], []
    for tick, facts in enumerate(case.facts):
        log.clear()
        if tick in case.halts:
            ticker.halt()
        roots.append(NAME[ticker.tick(facts, float(tick))])
        events.append(list(log))
    return roots, events


def play_batch(case):
    """(roots, events) of the batch engine."""
    names, actions = tuple(case.facts[0]), case.flat.actions
    program = case.flat.program(names, actions)
    batch = BatchTicker(program, np.zeros(1, np.int64), events=4 * len(program.paths))
    counts = dict.fromkeys(case.scripts, 0)
    status, done = np.zeros(1, np.int8), np.zeros(1, np.bool_)
    leaf = [path.rsplit("/", 1)[-1] for path in program.paths]
    roots, events = [], []
    for tick, facts in enumerate(case.facts):
        before = []
        if tick in case.halts:
            batch.halt()
            before = batch.events_of(0)
        said = []
        for name in actions:
            script = case.scripts.get(name) or ("S" if facts[case.conditions[name]] else "F")
            said.append(LETTER[script[counts.get(name, 0) % len(script)]])
        row = np.array([[facts[name] for name in names]], np.float64).reshape(1, len(names))
        batch.tick(row, status, done, np.array([said], np.int8))
        seen = [
            f"~{leaf[node]}" if code == 7 else f"{leaf[node]}:{NAME[Status(code)]}"
            for node, code in (*before, *batch.events_of(0))
        ]
        for event in seen:
            if event[:-2] in counts and not event.startswith("~"):
                counts[event[:-2]] += 1
        roots.append(NAME[Status(int(batch.result[0]))])
        events.append(seen)
    return roots, events
