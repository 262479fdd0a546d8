"""Jump code against the traces that BehaviorTree.CPP 4.10 itself produced."""

from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from astraweave.behavior import Status, nodes
from astraweave.behavior.flat.jump import Jump
from astraweave.behavior.flat.jump_code import JumpCode
from astraweave.behavior.flat.jump_compile import compile_jump
from astraweave.behavior.flat.parts import Setting
from astraweave.behavior.groot.reader import read_tree
from tests.behavior.replay import LETTER, NAME, load, parts

LEAVES = ("Leaf", "IsTrue")


def written(node):
    """XML of a node whose leaves, conditions too, are actions of their own names."""
    kind, given = node["t"], {k: str(v) for k, v in node.get("p", {}).items()}
    if kind in LEAVES:
        kind, given = "Action", {"ID": node["n"], **{k: given[k] for k in given if k[0] == "_"}}
    elif kind == "SubTree":
        given["ID"] = node["id"]
    inner = "".join(written(child) for child in node.get("c", []))
    listed = "".join(f" {k}={quoteattr(v)}" for k, v in {"name": node["n"], **given}.items())
    return f"<{kind}{listed}>{inner}</{kind}>"


def root_of(case):
    trees = {"Main": case["tree"], **case.get("subtrees", {})}
    text = "".join(f'<BehaviorTree ID="{k}">{written(v)}</BehaviorTree>' for k, v in trees.items())
    xml = f'<root BTCPP_format="4" main_tree_to_execute="Main">{text}</root>'
    return read_tree(xml.encode(), case["id"])


def leaves_of(case):
    trees = [case["tree"], *case.get("subtrees", {}).values()]
    return [node for tree in trees for node in parts(tree) if node["t"] in LEAVES]


def facts_of(case):
    """What the blackboard holds at each tick."""
    board, facts = {**case.get("bb_init", {})}, []
    for tick in range(case["ticks"]):
        board |= case.get("bb_set", {}).get(str(tick), {})
        facts.append(dict(board))
    return facts


def cases():
    for case in load("behavior_tree_cases.json")["cases"]:
        if case["mode"] == "exactly_once":
            expected = case["expect"]
            scripts = {n["n"]: n["p"]["script"] for n in leaves_of(case) if n["t"] == "Leaf"}
            asks = {
                n["n"]: n["p"]["value"].strip("{}") for n in leaves_of(case) if n["t"] == "IsTrue"
            }
            roots = [e["root"] for e in expected]
            events = [e["events"] for e in expected]
            halts = set(case.get("halt_before", []))
            yield case["id"], case, scripts, asks, roots, events, facts_of(case), halts


def traces():
    for item in load("random_tree_traces.json")["trees"]:
        for number, run in enumerate(item["runs"]):
            events = [line.split() for line in run["events"]]
            halts = set(run.get("halt_before", []))
            roots = list(run["root"])
            name = f"{item['id']}.{number}"
            yield name, item, run["scripts"], {}, roots, events, [{} for _ in roots], halts


def jumping():
    """The cases that jump code runs, with their code: no leaf of theirs says SKIPPED."""
    for name, case, scripts, *rest in (*cases(), *traces()):
        if "K" in "".join(scripts.values()):
            continue
        root, facts = root_of(case), rest[3]
        actions = tuple(n["n"] for n in leaves_of(case))
        code = compile_jump(root, tuple(facts[0]), actions)
        if isinstance(code, JumpCode):
            yield name, (root, code, actions, scripts, *rest)


CASES = dict(jumping())


def test_the_core_of_the_traces_goes_through_jump_code():
    core = [t for t in load("random_tree_traces.json")["trees"] if t["profile"] == "core"]
    assert len(core) >= 50
    assert all(f"{item['id']}.{run}" in CASES for item in core for run in range(len(item["runs"])))
    assert len(CASES) >= 3 * len(core) + 25


@pytest.mark.parametrize("name", CASES)
def test_jump_code_does_what_behaviortree_cpp_does(name):
    root, code, actions, scripts, asks, roots, events, facts, halts = CASES[name]
    leaf = [node.name for node in nodes.walk(root)]
    one, names = np.zeros(1, np.int64), tuple(facts[0])
    jump = Jump([code], one, one, Setting(5, keep_log=True, events=8 * len(leaf)))
    counts = dict.fromkeys(scripts, 0)
    for tick, board in enumerate(facts):
        seen = []
        if tick in halts:
            jump.halt()
            seen = told(jump, leaf)
        said = [
            LETTER[(script := scripts[a])[counts[a] % len(script)]]
            if a in scripts
            else LETTER["S" if board[asks[a]] else "F"]
            for a in actions
        ]
        row = np.array([[float(board[fact]) for fact in names]]).reshape(1, len(names))
        zero = np.zeros(1, np.int8)
        jump.tick(row, zero, zero.astype(np.bool_), np.array([said], np.int8))
        seen += told(jump, leaf)
        for event in seen:
            if event[:-2] in counts and not event.startswith("~"):
                counts[event[:-2]] += 1
        assert (NAME[Status(int(jump.result[0]))], seen) == (roots[tick], events[tick])


def told(jump, leaf):
    return [
        f"~{leaf[node]}" if code == 7 else f"{leaf[node]}:{NAME[Status(code)]}"
        for node, code in jump.events_of(0)
    ]
