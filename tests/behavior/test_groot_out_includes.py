"""Trees in several files: what may be included, and where what is wrong is said to be."""

import os

import pytest

from astraweave.behavior import load_tree
from astraweave.behavior.groot import includes
from astraweave.errors import TreeError

MAIN = """<root BTCPP_format="4" main_tree_to_execute="M">
  {include}
  <BehaviorTree ID="M"><Sequence><SubTree ID="S"/><Action ID="m"/></Sequence></BehaviorTree>
</root>"""
PART = """<root BTCPP_format="4">{more}<BehaviorTree ID="{name}">
  <Action ID="{name}a"/></BehaviorTree></root>"""


@pytest.fixture
def folder(tmp_path):
    """A folder `trees` beside a file that is not for trees to read."""
    home = tmp_path / "trees"
    home.mkdir()
    (tmp_path / "secret.xml").write_text(PART.format(name="S", more=""), "utf-8")
    return home


def put(folder, **files):
    """Write files: main by what it includes, others as (ID of their tree, what comes first)."""
    for name, content in files.items():
        text = MAIN.format(include=content) if name == "main" else content
        path = folder / f"{name}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "main.xml"


def part(name, more=""):
    return PART.format(name=name, more=more)


def include(path):
    return f'<include path="{path}"/>'


def refusal(path):
    with pytest.raises(TreeError) as refused:
        load_tree(path)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_an_included_tree_is_one_of_the_document(folder):
    main = put(folder, main=include("parts/s.xml"), **{"parts/s": part("S")})
    assert load_tree(main).actions == ("Sa", "m")
    whole = MAIN.format(include='<BehaviorTree ID="S"><Action ID="Sa"/></BehaviorTree>')
    (folder / "whole.xml").write_text(whole, "utf-8")
    assert load_tree(main).content_hash == load_tree(folder / "whole.xml").content_hash


def test_a_path_starts_at_the_file_that_names_it(folder):
    main = put(
        folder,
        main=include("a/s.xml"),
        **{"a/s": part("S", include("../b/t.xml")), "b/t": part("T", include("u.xml"))},
        **{"b/u": part("U")},
    )
    assert list(load_tree(main).document.trees) == ["U", "T", "S", "M"]


def test_a_file_named_twice_is_read_once(folder):
    main = put(
        folder,
        main=include("a.xml") + include("s.xml"),
        a=part("A", include("s.xml")),
        s=part("S"),
    )
    assert list(load_tree(main).document.trees) == ["S", "A", "M"]


def test_an_error_names_the_included_file_and_the_place_in_it(folder):
    main = put(
        folder, main=include("s.xml"), s='<root>\n <BehaviorTree ID="S"><X/></BehaviorTree></root>'
    )
    assert refusal(main).startswith("s.xml:2:23: X: unknown node")
    (folder / "s.xml").write_text("<root>\n<a></root>", "utf-8")
    assert refusal(main).startswith("s.xml:2:6: not well-formed")
    (folder / "s.xml").write_text("<tree/>", "utf-8")
    assert refusal(main).startswith("s.xml:1:1: an included file must be a <root>")


def test_a_node_knows_its_file(folder):
    tree = load_tree(put(folder, main=include("s.xml"), s=part("S")))
    assert [node.where.split(":")[0] for node in tree.root.children] == ["main.xml", "main.xml"]
    assert tree.root.children[0].children[0].where.startswith("s.xml:2:")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../secret.xml", "must stay in the tree's folder"),
        ("parts/../../secret.xml", "must stay in the tree's folder"),
        ("/etc/passwd", "must be a relative path"),
        ("C:\\trees\\s.xml", "must be a relative path"),
        ("C:s.xml", "must be a relative path"),
        ("\\\\host\\share\\s.xml", "must be a relative path"),
        ("none.xml", "cannot be read, got none.xml (No such file"),
        (".", "must be a file"),
        ("", "must name a file"),
        ("x" * 5000, "cannot be "),
        ("main.xml", "include each other, got main.xml → main.xml"),
        ('s.xml" ros_pkg="nav', "there is no ROS here"),
    ],
)
def test_an_include_that_leads_elsewhere_is_refused_where_it_stands(folder, path, words):
    main = put(folder, main=include(path), s=part("S"))
    message = refusal(main)
    assert message.startswith("main.xml:2:3: ")
    assert words in message
    assert len(message) < 1000


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_followed(folder):
    main = put(folder, main=include("link.xml"), s=part("S"))
    (folder / "link.xml").symlink_to(folder.parent / "secret.xml")
    assert "must stay in the tree's folder" in refusal(main)
    (folder / "link.xml").unlink()
    (folder / "link.xml").symlink_to("link.xml")
    assert "main.xml:2:3: the include cannot be" in refusal(main)
    (folder / "link.xml").unlink()
    (folder / "link.xml").symlink_to("s.xml")
    assert load_tree(main).actions == ("Sa", "m")


def test_a_folder_that_is_a_link_out_is_refused(folder):
    (folder / "parts").symlink_to(folder.parent)
    assert "must stay" in refusal(put(folder, main=include("parts/secret.xml")))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "s.xml")
    assert "must be a file" in refusal(put(folder, main=include("s.xml")))


def test_files_in_a_circle_are_named(folder):
    main = put(
        folder,
        main=include("a.xml"),
        a=part("A", include("b.xml")),
        b=part("B", include("a.xml")),
    )
    assert refusal(main).startswith("b.xml:1:")
    assert "got a.xml → b.xml → a.xml" in refusal(main)


def test_a_second_tree_of_one_id_names_both_places(folder):
    main = put(folder, main=include("a.xml") + include("s.xml"), a=part("S"), s=part("S"))
    message = refusal(main)
    assert message.startswith("s.xml:1:")
    assert "a second tree of this ID, after a.xml:1:" in message


def test_limits_hold_over_all_files(folder, monkeypatch):
    many = "<Sequence>" + '<Action ID="a"/>' * 6000 + "</Sequence>"
    trees = {n: f'<root><BehaviorTree ID="{n}">{many}</BehaviorTree></root>' for n in ("S", "T")}
    main = put(folder, main=include("S.xml") + include("T.xml"), **trees)
    assert refusal(main).startswith("T.xml:1:")
    assert "10,000 nodes" in refusal(main)
    big = f"<root><!--{'x' * 600_000}--><BehaviorTree ID='S'><Action ID='a'/></BehaviorTree></root>"
    put(folder, S=big, T=big)
    assert "T.xml: more than 1 MiB" in refusal(main)
    deep = {f"d{i}": part(f"D{i}", include(f"d{i + 1}.xml")) for i in range(9)}
    put(folder, main=include("d0.xml"), **deep, d9=part("S"))
    assert "more than 8 levels of includes" in refusal(main)
    monkeypatch.setattr(includes, "MAX_FILES", 2)
    wide = {f"w{i}": part(f"W{i}") for i in range(2)}
    put(folder, main="".join(map(include, ["w0.xml", "w1.xml", "s.xml"])), **wide, s=part("S"))
    assert "more than 2 files of includes" in refusal(main)


def test_models_of_all_files_are_known_and_the_including_file_knows_better(folder):
    model = '<TreeNodesModel><Action ID="{}"><input_port name="{}"/></Action></TreeNodesModel>'
    text = (
        f"<root>{include('s.xml')}<BehaviorTree ID='M'><Sequence><go fast='1'/>"
        f"<SubTree ID='S'/></Sequence></BehaviorTree>{model.format('go', 'fast')}</root>"
    )
    (folder / "main.xml").write_text(text.replace("<root>", '<root main_tree_to_execute="M">'))
    tree = "<BehaviorTree ID='S'><stop hard='1'/></BehaviorTree>"
    s = f"<root>{model.format('stop', 'hard')}{tree}</root>"
    put(folder, s=s)
    assert load_tree(folder / "main.xml").actions == ("go", "stop")
    put(folder, s=s.replace("</TreeNodesModel>", '<Action ID="go"/></TreeNodesModel>'))
    assert load_tree(folder / "main.xml").actions == ("go", "stop")
    put(folder, s=s.replace("</root>", "<TreeNodesModel/></root>"))
    assert "a second <TreeNodesModel>" in refusal(folder / "main.xml")


def test_what_is_included_stays_in_its_file_when_the_tree_is_saved(folder, tmp_path):
    tree = load_tree(put(folder, main=f"<!-- parts -->{include('s.xml')}", s=part("S")))
    tree.save(folder / "again.xml")
    written = (folder / "again.xml").read_text("utf-8")
    assert '  <!-- parts -->\n  <include path="s.xml"/>\n' in written
    assert "Sa" not in written
    assert load_tree(folder / "again.xml").content_hash == tree.content_hash
    with pytest.raises(TreeError, match=r"elsewhere.xml:5:3: the include cannot be read"):
        tree.save(tmp_path / "elsewhere.xml")
    (tmp_path / "s.xml").write_text(part("S", "<!-- other -->").replace("Sa", "Sb"), "utf-8")
    with pytest.raises(TreeError, match="another tree there"):
        tree.save(tmp_path / "elsewhere.xml")
    assert not (tmp_path / "elsewhere.xml").exists()
