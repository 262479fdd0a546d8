"""Ports as a callback sees them: typed in, typed out, errors that name node and port."""

import pytest

from astraweave.behavior import Model, PortModel, Status, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError

R, S, F = Status.RUNNING, Status.SUCCESS, Status.FAILURE
MODEL = """<TreeNodesModel><Action ID="heal">
  <input_port name="amount" type="int" default="5"/>
  <input_port name="share" type="double"/>
  <input_port name="kindly" type="bool"/>
  <input_port name="whom" type="std::string"/>
  <input_port name="then" type="BT::NodeStatus"/>
  <input_port name="any"/>
  <output_port name="healed" type="int"/>
  <output_port name="note"/>
  <inout_port name="total" type="double"/>
</Action></TreeNodesModel>"""


def ask(attributes, do, board=None, facts=None):
    """What `do` makes of the ports of one node, and the ticker."""
    body = f'<Sequence name="s"><Action ID="heal" {attributes}/></Sequence>'
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree>{MODEL}</root>'
    tree, got = Tree(read_tree(text.encode(), "x.xml"), "x.xml"), []

    @tree.action
    def heal(who, facts, ports):
        got.append(do(ports))
        return True

    ticker = tree.ticker(seed=0, board=board or {})
    ticker.tick(facts or {}, 0.0)
    return got[0], ticker


@pytest.mark.parametrize(
    ("attributes", "name", "value"),
    [
        ("", "amount", 5),
        ('amount="3"', "amount", 3),
        ('share="0.5"', "share", 0.5),
        ('share="2"', "share", 2.0),
        ('kindly="true"', "kindly", True),
        ('kindly="0"', "kindly", False),
        ('whom="12"', "whom", "12"),
        ('then="FAILURE"', "then", F),
        ('any="12"', "any", "12"),
        ('amount="{n}"', "amount", 7),
        ('share="{n}"', "share", 7.0),
        ('any="{n}"', "any", 7),
        ('any="{fact}"', "any", 2.5),
        ('amount="{=}"', "amount", 9),
    ],
)
def test_a_port_has_the_type_that_its_model_declares(attributes, name, value):
    board = {"n": 7} | ({"amount": 9} if "=}" in attributes else {})
    if "whom" in attributes:
        board = {}
    got, _ = ask(attributes, lambda ports: ports[name], board, {"fact": 2.5})
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("attributes", "name", "words"),
    [
        ("", "share", "s/heal: port 'share' is not given"),
        ('share="{x}"', "share", r"s/heal: port 'share' has no value, got \{x\}"),
        ("", "shear", "s/heal: port 'shear' does not exist; did you mean 'share'"),
        ('any="{fact}"', "amuont", "did you mean 'amount'"),
        ('amount="{fact}"', "amount", "s/heal: port 'amount' the number is no int, got 2.5"),
        ('then="{fact}"', "then", "a number is no status"),
        ('then="done"', "then", "no status, got done"),
    ],
)
def test_what_is_wrong_with_a_port_names_node_and_port(attributes, name, words):
    with pytest.raises(TreeError, match=words):
        ask(attributes, lambda ports: ports[name], facts={"fact": 2.5})


def test_get_has_a_default_for_what_has_no_value_and_none_for_what_does_not_exist():
    def do(ports):
        with pytest.raises(TreeError, match="does not exist"):
            ports.get("shear", 1.0)
        assert "shear" not in ports
        assert "share" in ports
        return ports.get("share", 0.25), ports.get("total"), ports.get("amount", 1), list(ports)

    got, _ = ask('total="{x}"', do)
    names = ["amount", "total", "share", "kindly", "whom", "then", "any", "healed", "note"]
    assert got == (0.25, None, 5, names)


def test_writing_a_port_writes_the_entry_it_is_wired_to():
    def do(ports):
        ports["healed"] = 4
        ports["total"] = 1
        return ports["total"]

    got, ticker = ask('healed="{h}" total="{t}"', do)
    assert got == 1.0
    assert dict(ticker.board) == {"h": 4, "t": 1.0}
    assert type(ticker.board["t"]) is float


def test_an_output_that_the_tree_does_not_ask_for_is_given_to_nobody():
    _, ticker = ask("", lambda ports: ports.__setitem__("healed", 4))
    assert dict(ticker.board) == {}


@pytest.mark.parametrize(
    ("attributes", "name", "value", "words"),
    [
        ('amount="{n}"', "amount", 1, "port 'amount' is declared for reading only"),
        ('note="here"', "note", 1, "port 'note' is wired to a text.*write note="),
        ('healed="{h}"', "healed", 1.5, "port 'healed' the number is no int, got 1.5"),
        ('healed="{h}"', "healed", "many", "port 'healed' text is no int, got many"),
        ('healed="{h}"', "healed", None, "port 'healed' an entry holds numbers"),
        ("", "heeled", 1, "port 'heeled' does not exist; did you mean 'healed'"),
    ],
)
def test_what_cannot_be_written_names_node_and_port(attributes, name, value, words):
    with pytest.raises(TreeError, match=f"s/heal: {words}"):
        ask(attributes, lambda ports: ports.__setitem__(name, value))


def test_a_callback_knows_which_node_asks_and_what_it_was_given():
    got, _ = ask('name="n" amount="2"', lambda ports: (ports.name, ports.path, repr(ports)))
    assert got == ("n", "s/n", "Ports(amount='2')")


def test_conditions_and_callers_models_have_ports_too():
    model = Model("Condition", (PortModel("least", "input", "double", "0.5"), "of"))
    text = '<root><BehaviorTree ID="M"><Condition ID="enough" of="{hp}"/></BehaviorTree></root>'
    root = read_tree(text.encode(), "x.xml", {"enough": model})
    tree = Tree(root, "x.xml")

    @tree.condition
    def enough(who, facts, ports):
        return ports["of"] >= ports["least"]

    assert tree.ticker(seed=0).tick({"hp": 0.7}, 0.0) is S
    assert tree.ticker(seed=0).tick({"hp": 0.2}, 0.0) is F


def test_only_a_parameter_called_ports_asks_for_them():
    tree = Tree(
        read_tree(b'<root><BehaviorTree ID="M"><Action ID="a"/></BehaviorTree></root>', ""), ""
    )
    seen = []
    tree.action("a")(lambda who, facts, more=3: seen.append(more) or True)
    tree.ticker(seed=0).tick({}, 0.0)
    tree.action("a")(lambda who, facts, *, ports=None: seen.append(ports) or True)
    tree.ticker(seed=0).tick({}, 0.0)
    assert seen[0] == 3
    assert seen[1].name == "a"
    # What cannot say what it takes is called with two.
    tree.action("a")(dict)
    assert tree.wants_ports == set()


def test_a_running_callback_keeps_its_ports_and_sees_entries_change():
    text = (
        '<root><BehaviorTree ID="M"><Sequence><Action ID="a" left="{n}"/></Sequence>'
        "</BehaviorTree></root>"
    )
    tree = Tree(read_tree(text.encode(), "", {"a": Model("Action", ("left",))}), "")

    @tree.action
    def a(who, facts, ports):
        while ports["left"] > 0:
            yield
        return True

    ticker = tree.ticker(seed=0, board={"n": 1})
    assert ticker.tick({}, 0.0) is R
    ticker.board["n"] = 0
    assert ticker.tick({}, 1.0) is S
