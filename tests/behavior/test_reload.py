"""A tree file edited between ticks: what is still there goes on, what is gone is halted."""

import pytest

from astraweave.behavior import Status, Tree, load_tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError, UsageError
from tests.behavior.edited import File, running
from tests.behavior.replay import DATA, LEAVES, held, play_scalar

R, S, F, K = Status.RUNNING, Status.SUCCESS, Status.FAILURE, Status.SKIPPED
CASES = {case.id: case for case in held(DATA / "behavior_tree_cases.json")}
CASES |= {case.id: case for case in held(DATA / "random_tree_traces.json")[::7]}


@pytest.fixture
def file(tmp_path):
    return File(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_a_reload_of_the_same_nodes_before_every_tick_changes_nothing(name, file):
    case = CASES[name]
    tree = load_tree(file.save(case.xml), leaves=LEAVES)

    def edit():
        file.save(case.xml.replace("<root", "\n" * file.edits + "<root", 1))
        assert tree.changed()
        assert tree.reload()
        assert not tree.changed()

    for expected, got in zip(case.expected, play_scalar(case, tree, edit), strict=True):
        assert expected.tells(got, status=True), f"{expected} is {got}"


def test_a_running_callback_goes_on_and_what_came_before_it_is_not_done_again(file):
    log = []
    tree = load_tree(
        file.write('<Sequence name="s"><Action ID="a"/><Action ID="b"/><Action ID="c"/></Sequence>')
    )
    for name in "abc":
        tree.action(name)(running(log, name, 0 if name == "a" else 2))
    ticker = tree.ticker(seed=0)
    assert ticker.tick({}, 0.0) is R
    file.write(
        '<Sequence name="s"><Action ID="a"/><Action ID="new"/><Action ID="b"/>'
        '<AlwaysSuccess name="later"/></Sequence>'
    )
    assert tree.reload()
    assert [ticker.tick({}, float(tick)) for tick in (1, 2)] == [R, S]
    assert log == ["a", "b"]
    assert tree.unbound == ("new",)
    assert ticker.statuses().keys() == {"s", "s/a", "s/new", "s/b", "s/later"}


def test_what_is_gone_is_halted_and_the_next_of_its_siblings_goes_on(file):
    log = []
    body = '<Sequence name="s"><Action ID="a"/><Action ID="b"/>{}<Action ID="c"/></Sequence>'
    tree = load_tree(file.write(body.format("")))
    for name in "abc":
        tree.action(name)(running(log, name, 0 if name == "a" else 9))
    ticker = tree.ticker(seed=0)
    ticker.tick({}, 0.0)
    file.write(body.format("").replace('<Action ID="b"/>', ""))
    tree.reload()
    assert ticker.tick({}, 1.0) is R
    assert log == ["a", "b", "~b", "c"]


def test_a_node_of_another_type_or_id_is_another_node(file):
    log = []
    tree = load_tree(file.write('<Sequence name="s"><Action ID="a" name="x"/></Sequence>'))
    tree.action("a")(running(log, "a"))
    ticker = tree.ticker(seed=0)
    ticker.tick({}, 0.0)
    file.write('<Sequence name="s"><Action ID="b" name="x"/></Sequence>')
    tree.reload()
    tree.action("b")(running(log, "b"))
    ticker.tick({}, 1.0)
    file.write('<Fallback name="s"><Action ID="b" name="x"/></Fallback>')
    tree.reload()
    ticker.tick({}, 2.0)
    assert log == ["a", "~a", "b", "~b", "b"]


def test_a_file_that_fails_to_load_leaves_the_tree_in_force_and_says_so_once(file):
    tree = load_tree(file.write('<Action ID="a"/>'))
    tree.action("a")(lambda who, facts: True)
    ticker, root = tree.ticker(seed=0), tree.root
    file.write('<Actoin ID="a"/>')
    assert tree.changed()
    with pytest.raises(TreeError, match=r"tree.xml:1:\d+.*did you mean 'Action'"):
        tree.reload()
    assert tree.root is root
    assert not tree.changed()
    assert ticker.tick({}, 0.0) is S
    file.path.unlink()
    assert tree.changed()
    with pytest.raises(TreeError, match="cannot read the tree"):
        tree.reload()
    assert ticker.tick({}, 1.0) is S


def test_a_file_saved_without_a_change_is_the_tree_it_was(file):
    tree = load_tree(file.write('<Action ID="a"/>'))
    version = tree.version
    file.write('<Action ID="a"/>', "<!-- why -->")
    assert tree.changed()
    assert not tree.reload()
    assert tree.version == version
    assert "<!-- why -->" in tree.to_xml()


def test_what_a_tree_includes_is_watched_too(file, tmp_path):
    other = File(tmp_path / "parts")
    other.path.parent.mkdir()
    main = '<root BTCPP_format="4" main_tree_to_execute="M"><include path="parts/tree.xml"/></root>'
    other.write('<Action ID="a"/>')
    tree = load_tree(file.save(main))
    assert not tree.changed()
    other.write('<Action ID="b"/>')
    assert tree.changed()
    assert tree.reload()
    assert tree.actions == ("b",)


def test_a_tree_without_a_file_cannot_be_reloaded(file):
    tree = Tree(read_tree(file.write('<Action ID="a"/>').read_bytes(), "x.xml"), "x.xml")
    assert not tree.changed()
    with pytest.raises(UsageError, match="no file; load it with load_tree"):
        tree.reload()


def test_an_error_while_something_is_halted_comes_out_and_the_change_is_made(file):
    def bad(who, facts):
        try:
            yield
            yield
        finally:
            raise ZeroDivisionError

    tree = load_tree(file.write('<Action ID="a"/>'))
    tree.action("a")(bad)
    ticker = tree.ticker(seed=0)
    ticker.tick({}, 0.0)
    file.write('<Action ID="b"/>')
    tree.reload()
    tree.action("b")(lambda who, facts: True)
    with pytest.raises(ZeroDivisionError):
        ticker.tick({}, 1.0)
    assert ticker.tick({}, 2.0) is S


def test_a_callback_that_is_halted_by_a_reload_may_ask_for_a_halt(file):
    log = []

    def a(who, facts):
        try:
            while True:
                yield
        finally:
            log.append("~a")
            ticker.halt()

    tree = load_tree(
        file.write('<ParallelAll name="p"><Action ID="a"/><Action ID="b"/></ParallelAll>')
    )
    tree.action("a")(a)
    tree.action("b")(running(log, "b"))
    ticker = tree.ticker(seed=0)
    ticker.tick({}, 0.0)
    file.write('<ParallelAll name="p"><Action ID="b"/></ParallelAll>')
    tree.reload()
    assert ticker.tick({}, 1.0) is R
    assert log == ["b", "~a", "~b", "b"]


def test_entries_stay_and_a_constant_that_was_edited_counts(file):
    body = '<Sequence name="s"><SubTree ID="T" name="t" step="{}"/><Script code="{}"/></Sequence>'
    below = '<BehaviorTree ID="T"><Script code="@sum := step; own := 1"/></BehaviorTree>'
    tree = load_tree(file.write(body.format(2, "n := 1"), below))
    ticker = tree.ticker(seed=0, board={"game": 7})
    ticker.tick({}, 0.0)
    assert dict(ticker.board) == {"game": 7, "sum": 2, "n": 1}
    file.write(body.format(2, "n += 1"), below)
    tree.reload()
    ticker.tick({}, 1.0)
    assert dict(ticker.board) == {"game": 7, "sum": 2, "n": 2}
    file.write(body.format(5, "m := 1"), below)
    tree.reload()
    ticker.tick({}, 2.0)
    assert dict(ticker.board) == {"game": 7, "sum": 5, "n": 2, "m": 1}


def test_a_timer_rings_when_it_would_have(file):
    body = (
        '<Sequence name="s">{}<Delay name="d" delay_msec="300"><AlwaysSuccess/></Delay></Sequence>'
    )
    tree = load_tree(file.write(body.format("")))
    ticker = tree.ticker(seed=0)
    assert ticker.tick({}, 0.0) is R
    file.write(body.format('<AlwaysSuccess name="x"/>'))
    tree.reload()
    assert [ticker.tick({}, now) for now in (0.1, 0.2, 0.3)] == [R, R, S]


def test_thousands_of_agents_share_one_tree_and_each_goes_over_at_its_own_next_tick(file):
    halted, begun = [], []

    def work(who, facts):
        begun.append(who)
        try:
            while facts["on"]:
                yield
        except GeneratorExit:
            halted.append(who)
            raise
        return True

    body = '<Sequence name="s"><Action ID="{}"/><Action ID="{}"/></Sequence>'
    tree = load_tree(file.write(body.format("a", "b")))
    tree.action("a")(work)
    tree.action("b")(work)
    tickers = [tree.ticker(who, seed=who) for who in range(3000)]
    for ticker in tickers:
        ticker.tick({"on": 1.0}, 0.0)
    file.write(body.format("a", "c"))
    tree.reload()
    tree.action("c")(work)
    for ticker in tickers[:2000]:
        assert ticker.tick({"on": 1.0}, 1.0) is R
    file.write(body.format("c", "a"))
    tree.reload()
    for who, ticker in enumerate(tickers):
        ticker.tick({"on": float(who % 2)}, 2.0)
    assert halted == []
    assert len(begun) == 3000
    file.write(body.format("c", "d"))
    tree.reload()
    for ticker in tickers:
        ticker.tick({"on": 1.0}, 3.0)
    # Those that were off have ended in the tick before; the others still had "a".
    assert halted == list(range(1, 3000, 2))
    assert len({id(ticker._root.node) for ticker in tickers}) == 1
