"""The blackboard as the game sees it, and what becomes of values that change their type."""

from collections import deque

import pytest

from astraweave.behavior import Status, Tree, load_tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError

R, S, F = Status.RUNNING, Status.SUCCESS, Status.FAILURE


def plant(body, more="", **options):
    text = f'<root BTCPP_format="4" main_tree_to_execute="M"><BehaviorTree ID="M">{body}'
    text += f"</BehaviorTree>{more}</root>"
    return Tree(read_tree(text.encode(), "x.xml", **options), "x.xml")


def run(body, board=None, more="", **options):
    return plant(body, more, **options).ticker(seed=0, board=board or {})


def test_the_board_is_a_mapping_of_the_entries_that_have_a_value():
    ticker = run("<Script code=\"a := 1; b := 2.5; c := 'x'\"/>", {"start": True})
    board = ticker.board
    assert dict(board) == {"start": True}
    ticker.tick({"fact": 1.0}, 0.0)
    assert dict(board) == {"start": True, "a": 1, "b": 2.5, "c": "x"}
    assert len(board) == 4
    assert "fact" not in board
    board["free"] = 3
    assert board.pop("free") == 3
    for name in ("free", "none"):
        with pytest.raises(KeyError):
            board[name]
        with pytest.raises(KeyError):
            del board[name]
    assert type(board["a"]) is int
    assert type(board["b"]) is float


@pytest.mark.parametrize("value", [None, (1, 2), {"a": 1}, object(), 1j, b"x"])
def test_what_is_no_number_text_or_queue_is_refused(value):
    with pytest.raises(TreeError, match="numbers, texts and queues"):
        run('<Script code="a := 1"/>').board["a"] = value


def test_an_entry_hides_the_fact_of_its_name_for_as_long_as_it_has_a_value():
    ticker = run('<ScriptCondition code="hp &gt; 3"/>')
    assert ticker.tick({"hp": 5.0}, 0.0) is S
    ticker.board["hp"] = 1
    assert ticker.tick({"hp": 5.0}, 1.0) is F
    del ticker.board["hp"]
    assert ticker.tick({"hp": 5.0}, 2.0) is S


def test_what_the_game_writes_in_the_middle_of_a_tick_counts_at_once_for_the_blackboard():
    tree = plant(
        '<Sequence><Action ID="a"/><Script code="seen := hp"/>'
        '<ScriptCondition code="hp == 1"/></Sequence>'
    )
    ticker = tree.ticker(seed=0)

    @tree.action
    def a(who, facts):
        ticker.board["hp"] = 1
        return True

    assert ticker.tick({"hp": 5.0}, 0.0) is F
    assert ticker.board["seen"] == 1
    assert ticker.tick({"hp": 5.0}, 1.0) is S


@pytest.mark.parametrize(
    ("first", "then", "held"),
    [
        (1, 2, 2),
        (1, True, 1),
        (1, 2.0, 2),
        (1.5, 2, 2.0),
        ("x", "y", "y"),
        (True, False, False),
    ],
)
def test_an_entry_keeps_the_type_of_its_first_value(first, then, held):
    ticker = run("<AlwaysSuccess/>", {"k": first})
    ticker.board["k"] = then
    assert ticker.board["k"] == held
    assert type(ticker.board["k"]) is type(held)


@pytest.mark.parametrize(
    ("first", "then"), [(1, 2.5), (1, "x"), ("x", 1), (True, 2), (1, 2**40), (1, deque([1]))]
)
def test_what_cannot_become_that_type_is_refused_by_the_entrys_name(first, then):
    board = run("<AlwaysSuccess/>", {"k": first, "x": "y"}).board
    if first == "x":
        board["k"] = "z"
    with pytest.raises(TreeError, match="entry 'k' was declared as"):
        board["k"] = then


def test_a_port_declares_the_type_of_an_entry():
    body = (
        '<Sequence><Repeat num_cycles="{n}"><AlwaysSuccess/></Repeat>'
        '<Script code="n = 2"/></Sequence>'
    )
    with pytest.raises(TreeError, match="entry 'n' was declared as int"):
        run(body, {"n": 2.5})
    with pytest.raises(TreeError, match=r"declared as int.*got three"):
        run(body, {"n": "three"})
    ticker = run(body, {"n": "1"})
    assert ticker.board["n"] == 1
    assert ticker.tick({}, 0.0) is S
    assert ticker.board["n"] == 2


@pytest.mark.parametrize(
    ("board", "facts", "words"),
    [
        ({}, {}, "port 'num_cycles' has no value, got {n}"),
        ({"n": 2**40}, {}, "declared as int"),
        ({}, {"n": 1.5}, "port 'num_cycles' the number is no int, got 1.5"),
        ({}, {"n": float("nan")}, "no int"),
    ],
)
def test_a_port_without_a_fitting_value_names_node_port_and_entry(board, facts, words):
    with pytest.raises(TreeError, match=words) as refused:
        run('<Repeat name="r" num_cycles="{n}"><AlwaysSuccess/></Repeat>', board).tick(facts, 0.0)
    if not board:
        assert str(refused.value).startswith("x.xml:1:70: r: ")


def test_a_port_reads_the_fact_where_there_is_no_entry():
    ticker = run('<RetryUntilSuccessful num_attempts="{n}"><AlwaysFailure/></RetryUntilSuccessful>')
    assert [ticker.tick({"n": 2.0}, float(tick)) for tick in range(2)] == [R, F]


def test_a_literal_that_is_none_is_told_when_the_node_is_ticked():
    with pytest.raises(TreeError, match=r"r: port 'num_cycles' is not given; write num_cycles="):
        run('<Repeat name="r"><AlwaysSuccess/></Repeat>').tick({}, 0.0)


def test_subtrees_have_entries_of_their_own_wired_by_their_ports():
    script = "own := 1; out := own + step; @top := 5"
    below = f'<BehaviorTree ID="T"><Script code="{script}"/></BehaviorTree>'
    ticker = run('<SubTree ID="T" out="{result}" step="2"/>', more=below)
    ticker.tick({}, 0.0)
    assert dict(ticker.board) == {"result": 3.0, "top": 5}


LOOP = '<LoopInt queue="{}" value="{{v}}"><Script code="sum += v"/></LoopInt>'


@pytest.mark.parametrize("queue", [[1, 2, 3], deque([1, 2, 3]), "1;2;3"])
def test_a_loop_takes_a_list_a_queue_or_a_text(queue):
    ticker = run(LOOP.format("{q}"), {"q": queue, "sum": 0})
    assert [ticker.tick({}, float(tick)) for tick in range(4)] == [R, R, R, S]
    assert ticker.board["sum"] == 6


def test_a_queue_is_shared_and_a_list_is_not():
    shared, listed = deque([1, 2]), [1, 2]
    for queue, left in ((shared, 0), (listed, 2)):
        ticker = run(LOOP.format("{q}"), {"q": queue, "sum": 0})
        for tick in range(3):
            ticker.tick({}, float(tick))
        assert len(queue) == left


@pytest.mark.parametrize(
    ("board", "words"),
    [
        ({"q": 3}, "port 'queue' is no queue, got {q}"),
        ({}, "port 'queue' is no queue"),
        ({"q": "1;x"}, "port 'queue' text is no int, got x"),
        ({"q": [1.5], "v": 1}, "port 'value'"),
    ],
)
def test_a_loop_over_what_is_no_queue_says_so(board, words):
    with pytest.raises(TreeError, match=words):
        run(LOOP.format("{q}"), {"sum": 0, **board}).tick({}, 0.0)


def test_a_loop_needs_no_entry_for_its_value():
    ticker = run('<LoopString queue="a;b"><AlwaysSuccess/></LoopString>')
    assert [ticker.tick({}, float(tick)) for tick in range(3)] == [R, R, S]


def test_a_queue_is_no_value_of_a_script_or_a_port():
    with pytest.raises(TreeError, match="got q; "):
        run('<Script code="x := q + 1; q = x"/>', {"q": [1]}).tick({}, 0.0)
    body = '<Sequence><LoopInt queue="{q}"><AlwaysSuccess/></LoopInt><Sleep msec="{q}"/></Sequence>'
    ticker = run(body, {"q": deque()})
    with pytest.raises(TreeError, match=r"port 'msec' wants a single value, got \{q\}"):
        ticker.tick({}, 0.0)


def test_a_tree_cannot_fill_the_memory_with_entries():
    body = (
        '<Sequence name="s"><Script code="n += 1; key := \'k\' .. n"/>'
        '<SetBlackboard name="w" output_key="{key}" value="1"/></Sequence>'
    )
    ticker = run(body, {"n": 0})
    for tick in range(10_000):
        ticker.tick({}, float(tick))
    assert len(ticker.board) == 10_002
    with pytest.raises(TreeError, match=r"w: port 'value' a blackboard takes .* 10,000 that"):
        ticker.tick({}, 1e6)
    with pytest.raises(TreeError, match=r"names of up to 1000 characters"):
        run("<AlwaysSuccess/>").board["k" * 1001] = 1


def test_an_entry_is_copied_with_its_type_a_fact_as_a_double():
    body = (
        '<Sequence><SetBlackboard output_key="b" value="{a}"/>'
        '<SetBlackboard output_key="c" value="{f}"/>'
        '<SetBlackboard output_key="{name}" value="7"/></Sequence>'
    )
    ticker = run(body, {"a": 3, "name": "chosen"})
    assert ticker.tick({"f": 2.0}, 0.0) is S
    assert dict(ticker.board) == {"a": 3, "name": "chosen", "b": 3, "c": 2.0, "chosen": "7"}
    assert run('<SetBlackboard output_key="b" value="{a}"/>').tick({}, 0.0) is F
    with pytest.raises(TreeError, match=r"s: port 'output_key' has no value, got \{key\}"):
        run('<SetBlackboard name="s" output_key="{key}" value="1"/>').tick({}, 0.0)
    with pytest.raises(TreeError, match="s: port 'value' is not given"):
        run('<SetBlackboard name="s" output_key="key"/>').tick({}, 0.0)


def test_a_name_that_is_not_there_is_compared_with_facts_and_entries():
    ticker = run('<Script name="s" code="health := 1; x := helth + 1"/>')
    with pytest.raises(TreeError, match=r"s: code='.*got helth; did you mean 'health'\?"):
        ticker.tick({}, 0.0)
    with pytest.raises(TreeError, match=r"got helth; did you mean 'health'\?"):
        run('<Script code="x := helth + 1"/>').tick({"health": 1.0}, 0.0)


def test_enums_are_numbers_in_scripts_and_in_the_cases_of_a_switch(tmp_path):
    body = (
        '<Switch2 variable="{c}" case_1="RED" case_2="BLUE"><AlwaysSuccess/><AlwaysFailure/>'
        '<ScriptCondition code="c == 9"/></Switch2>'
    )
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    (tmp_path / "t.xml").write_text(text, "utf-8")
    tree = load_tree(tmp_path / "t.xml", enums={"RED": 1, "BLUE": 2})
    for value, status in (("1", S), ("2.0", F), ("9", S), ("RED", S), ("BLUE", F)):
        assert tree.ticker(seed=0, board={"c": value}).tick({}, 0.0) is status


def test_a_tree_that_always_wakes_itself_up_gives_the_frame_back():
    ticker = run('<Repeat name="r" num_cycles="-1"><AlwaysSuccess/></Repeat>')
    assert ticker.tick({}, 0.0) is R
    with pytest.raises(TreeError, match=r"r: .*10,000 times .*bound what repeats"):
        ticker.tick({}, 1.0, once=True)
    assert ticker.tick({}, 2.0) is R
    assert run('<Repeat num_cycles="5"><AlwaysSuccess/></Repeat>').tick({}, 0.0, once=True) is S
