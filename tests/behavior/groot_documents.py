"""Documents: read into trees, and made by Hypothesis, of every node type that is read."""

from xml.sax.saxutils import quoteattr

from hypothesis import strategies as st

from astraweave.behavior import Tree
from astraweave.behavior.groot.grammar import BUILT_IN
from astraweave.behavior.groot.reader import build_tree, read_document

ODD = st.text(
    st.one_of(
        st.sampled_from("aé漢🙂<>&\"' ;:{}[]|\\/\u00a0\u2028\x85"),
        st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("Cs", "Cc")),
    ),
    min_size=1,
    max_size=8,
)
LINES = st.lists(ODD, min_size=1, max_size=3).map("\n\t  ".join)
NUMBER = st.sampled_from(["1", "2", "{n}"])
ENTRY = st.sampled_from(["{a}", "{b_2}"])
SCRIPTS = ["hp < 3", "a &&     !b ||  c", "x > 1    ? 1 : 0", " near == 2 "]
SCRIPT = st.sampled_from(SCRIPTS)
# Type: attributes, fewest and most children.
TYPES = {
    **dict.fromkeys(
        ["Sequence", "ReactiveSequence", "SequenceWithMemory", "AsyncSequence", "Fallback",
         "ReactiveFallback", "AsyncFallback"], ({}, 1, 3)
    ),
    "Parallel": ({"success_count": NUMBER, "failure_count": NUMBER}, 1, 3),
    "ParallelAll": ({"max_failures": NUMBER}, 1, 3),
    **dict.fromkeys(["IfThenElse", "WhileDoElse"], ({}, 2, 3)),
    "Switch2": ({"variable": ENTRY, "case_1": ODD, "case_2": ODD}, 3, 3),
    "TryCatch": ({"catch_on_halt": st.sampled_from(["true", "false"])}, 2, 3),
    **dict.fromkeys(
        ["Inverter", "ForceSuccess", "ForceFailure", "KeepRunningUntilFailure"], ({}, 1, 1)
    ),
    "Repeat": ({"num_cycles": NUMBER}, 1, 1),
    "RetryUntilSuccessful": ({"num_attempts": NUMBER}, 1, 1),
    "Delay": ({"delay_msec": st.just("20")}, 1, 1),
    "Timeout": ({"msec": st.just("20")}, 1, 1),
    "RunOnce": ({"then_skip": st.sampled_from(["true", "false"])}, 1, 1),
    "Precondition": ({"if": SCRIPT, "else": st.sampled_from(["SUCCESS", "SKIPPED"])}, 1, 1),
    "SkipUnlessUpdated": ({"entry": ENTRY}, 1, 1),
    "WaitValueUpdate": ({"entry": ENTRY}, 1, 1),
    "LoopInt": ({"queue": st.just("{q}"), "value": st.just("{v}")}, 1, 1),
    **dict.fromkeys(["AlwaysSuccess", "AlwaysFailure"], ({}, 0, 0)),
    "ScriptCondition": ({"code": SCRIPT}, 0, 0),
    "Script": ({"code": st.sampled_from(["x := 1", "x = 2;     y := 'a    b'"])}, 0, 0),
    "SetBlackboard": ({"value": ODD, "output_key": ENTRY}, 0, 0),
    "UnsetBlackboard": ({"key": ENTRY}, 0, 0),
    "WasEntryUpdated": ({"entry": ENTRY}, 0, 0),
    "Sleep": ({"msec": st.just("20")}, 0, 0),
}  # fmt: skip
READ = {tag: shape for tag, shape in TYPES.items() if tag in BUILT_IN}
LEAVES = [tag for tag, (_, _, most) in READ.items() if not most]
INNER = [tag for tag, (_, _, most) in READ.items() if most]
CONTROLS = ("Sequence", "Fallback", "ReactiveFallback")
UNDERSCORED = {
    "_skipIf": SCRIPT,
    "_description": LINES,
    "_weight": st.just("0.5"),
    "_uid": st.just("7"),
    "_été": ODD,
}
MODELS = """<TreeNodesModel>
<Condition ID='seen'><input_port name='b' type='int' default='1'>how {note}</input_port>
  <output_port name='a'/><MetadataFields><Metadata foo='hello &amp; bye'/></MetadataFields>
</Condition>{note}<SubTree ID='Unused'/>{note}</TreeNodesModel>"""


@st.composite
def documents(draw):
    """A document as text."""
    note = _notes(draw)
    names = [f"T{i}" for i in range(draw(st.integers(1, 3)))]
    maker = _Trees(draw, names, note)
    trees = [maker.tree(i) for i in range(len(names))]
    if draw(st.booleans()):
        where = draw(st.integers(0, len(trees)))
        trees.insert(where, MODELS.replace("{note}", note()))
    body = "".join(f"{note()}{tree}{note()}" for tree in trees)
    root = f"<root {_attributes(draw, {'main_tree_to_execute': 'T0', 'BTCPP_format': '4'})}>"
    return f"{note()}{root}{body}</root>{note()}"


def _notes(draw):
    def note():
        found = draw(st.lists(st.one_of(_COMMENT, st.sampled_from(["", " ", "\n", "\n\n\t"]))))
        return "".join(found)

    return note


_COMMENT = LINES.map(lambda text: f"<!--{text.replace('--', '- ').rstrip('-')}-->")


class _Trees:
    """Makes the trees of one document; each is used by the one before it at most."""

    def __init__(self, draw, names, note):
        self.draw, self.names, self.note = draw, names, note
        self.weighted = 0

    def tree(self, i):
        self.free, self.at = self.names[i + 1 : i + 2], i
        inside = f"{self.note()}{self.node(1)}{self.note()}"
        return f"<BehaviorTree ID='{self.names[i]}'>{inside}</BehaviorTree>"

    def node(self, level):
        if level > 3 or self.draw(st.integers(0, 2)) == 0:
            return self.leaf()
        kind = self.draw(st.sampled_from([*INNER, "WeightedFallback"]))
        if kind == "WeightedFallback":
            self.weighted += 1
            return _weighted(self.draw, f"w{self.weighted}", self.note)
        ports, fewest, most = READ[kind]
        count = self.draw(st.integers(fewest, most))
        children = [f"{self.note()}{self.node(level + 1)}" for _ in range(count)]
        return self.element(kind, ports, "".join(children) + self.note())

    def leaf(self):
        kind = self.draw(st.sampled_from([*LEAVES, "Action", "Condition", "SubTree"]))
        if kind == "SubTree":
            # Once a document: a second SubTree of this one could hold a weighted node twice.
            ident, self.free = self.free[:1] or ["Action.é"], []
            kind = "SubTree" if ident[0] in self.names else "Action"
            return self.element(kind, {"ID": st.just(ident[0])})
        if kind in ("Action", "Condition"):
            idents = [f"{kind}.é", f"{kind} of {self.at}"]
            return self.element(kind, {"ID": st.sampled_from(idents)})
        return self.element(kind, READ[kind][0])

    def element(self, tag, ports, inside=""):
        draw = self.draw
        given = {name: draw(value) for name, value in ports.items()}
        if draw(st.booleans()):
            given["name"] = draw(ODD)
        for name, value in UNDERSCORED.items():
            if draw(st.integers(0, 3)) == 0:
                given[name] = draw(value)
        if tag in CONTROLS and draw(st.booleans()):
            given["ID"], tag = tag, "Control"
        start = f"<{tag} {_attributes(draw, given)}"
        return f"{start}>{inside}</{tag}>" if inside or draw(st.booleans()) else f"{start}/>"


def _weighted(draw, name, note):
    keys = draw(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8, unique=True))
    weights = draw(st.lists(st.sampled_from(["1", "0.25", "7e-1"]), max_size=len(keys)))
    pairs = [f"{name}.{key}:{w}" for key, w in zip(keys, weights, strict=False)]
    given = {"name": name, "weights": draw(st.sampled_from([";", " ;\n\t "])).join(pairs)}
    if draw(st.booleans()):
        given["policy"] = draw(st.sampled_from(["roulette", "sorted", "ranked"]))
    children = "".join(f"{note()}<Action ID='Action.é' name='{name}.{key}'/>" for key in keys)
    return f"<WeightedFallback {_attributes(draw, given)}>{children}{note()}</WeightedFallback>"


def _attributes(draw, given):
    names = draw(st.permutations(list(given)))
    gap = draw(st.sampled_from([" ", "\n  "]))
    entities = {"\n": "&#10;", "\t": "&#9;"}
    return gap.join(f"{name}={quoteattr(given[name], entities)}" for name in names)


def parsed(text, **given):
    """A tree that knows its document."""
    document = read_document(text.encode(), "x.xml", **given)
    return Tree(build_tree(document), "x.xml", document, document.main(None))
