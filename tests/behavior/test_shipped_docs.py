"""The pages on trees say what is so: code runs, commands work, tables are whole."""

import re
import shlex
import subprocess
import sys

import pytest

from astraweave.behavior import load_tree
from astraweave.behavior.groot.grammar import BUILT_IN
from astraweave.behavior.groot.models import WEIGHTED, WEIGHTED_PORTS
from astraweave.behavior.groot.names import HOOKS
from astraweave.cli import main

PAGES = ("behaviour-trees", "groot2", "names")


@pytest.fixture
def page(root):
    return lambda name: (root / "docs" / f"{name}.md").read_text("utf-8")


def blocks(text, kind):
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [content for each, content in fences if each == kind]


def files(text):
    """Files that a page asks its reader to save, by name."""
    found = re.findall(r"^<!-- file: (\S+) -->\n```xml\n(.*?)^```$", text, re.M | re.S)
    return dict(found)


@pytest.mark.compiled
def test_the_code_of_the_page_on_trees_runs_and_prints_what_it_says(
    page, tmp_path, monkeypatch, capsys
):
    text = page("behaviour-trees")
    monkeypatch.chdir(tmp_path)
    for name, content in files(text).items():
        (tmp_path / name).write_text(content, "utf-8")
    names = {}
    for block in blocks(text, "python"):
        exec(compile(block, "behaviour-trees.md", "exec"), names)  # noqa: S102
    said = capsys.readouterr().out.splitlines()
    assert said[:5] == ["RUNNING", "RUNNING", "the patrol is over", "FAILURE", "SUCCESS"]
    assert said[5] == "SUCCESS {'home': 'barn', 'metres': 0.5}"
    assert said[6].endswith(" decisions")


def test_the_errors_that_the_page_shows_are_those_that_are_given(page, tmp_path):
    shown = page("behaviour-trees")
    for tree in (
        "<Sequenze><a/></Sequenze>",
        '<WeightedFallback name="w" weights="a:2; c:1"><Action ID="a"/><Action ID="b"/>'
        "</WeightedFallback>",
    ):
        path = tmp_path / "bad.xml"
        path.write_text(
            f'<root BTCPP_format="4"><BehaviorTree ID="M">{tree}</BehaviorTree></root>', "utf-8"
        )
        with pytest.raises(Exception, match="bad") as caught:
            load_tree(path)
        assert str(caught.value) in shown


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["behaviour-trees", "groot2"])
def test_every_command_of_a_page_works_in_the_order_of_the_page(
    page, root, name, tmp_path, monkeypatch
):
    (tmp_path / "demos").symlink_to(root / "demos")
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks(page(name), "") for line in block.splitlines()]
    typed = [
        line
        for line in lines
        if line.startswith(("astraweave tree", "astraweave sandbox", "python "))
        and "slot1.db" not in line  # the reader's own save
    ]
    assert len(typed) >= 4
    for line in typed:
        command = shlex.split(line, comments=True)
        if command[0] == "python":
            command[0] = sys.executable
            done = subprocess.run(command, capture_output=True, timeout=600, check=False)
            assert done.returncode == 0, done.stderr
        else:
            assert main(command[1:]) == 0, line


def test_the_page_names_every_node_and_every_attribute(page):
    text = page("behaviour-trees")
    switches = {f"Switch{n}" for n in range(3, 6)}
    assert not [tag for tag in BUILT_IN if f"`{tag}`" not in text and tag not in switches]
    assert not [hook for hook in HOOKS if f"`{hook}`" not in text]
    ports = {port for rule in BUILT_IN.values() for port in rule.ports}
    cases = {f"case_{n}" for n in range(2, 7)}
    assert not [port for port in ports - cases if f"`{port}" not in text]


def test_the_snippet_for_the_editor_is_the_model_that_is_written(page):
    snippet = files(page("groot2"))["learning.xml"]
    assert f'<Control ID="{WEIGHTED}"' in snippet
    found = re.findall(r'name="(\w+)"\s+type="([\w:]+)"\s+default="(\w*)">(.*?)<', snippet)
    assert {name: (kind, default, text) for name, kind, default, text in found} == WEIGHTED_PORTS


def test_the_lesson_on_groot2_quotes_the_files_it_is_about(page, root):
    text = page("groot2")
    tree = (root / "demos" / "03_groot2_tree.xml").read_text("utf-8")
    drawn = tree.partition("\n  <!-- Description")[0]
    assert drawn in text
    code = (root / "demos" / "03_groot2_tree.py").read_text("utf-8")
    for line in ("tree = aw.load_tree(TREE)", "learner.sense(hill.facts)", "@tree.condition"):
        assert line in code
        assert line in text
    assert "return hill.worth(before, gate=-9.0 * together, spread=1.0, nerves=0.05)" in code


@pytest.mark.parametrize("name", PAGES)
def test_links_of_a_page_lead_somewhere(page, root, name):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page(name)):
        assert (root / "docs" / target).resolve().exists(), target
