"""The page on the sandbox says what is so: its files, code and commands are taken as they stand."""

import json
import re
import shlex
import sys

import pytest

from astraweave.cli import main

SAVED = re.compile(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAID = {
    "list": "strained",
    "check": "pond_rules.toml: fine, rules empty_handed, strained",
    "run": "full: success 0.",
    "validate": "APPROVED: no forbidden rule",
}
KEYS = {
    "list": {"scenarios", "rules"},
    "run": {"tree", "tree_hash", "weights", "environment", "seed", "scenarios"},
    "validate": {"approved", "step", "reason", "rules", "scenarios", "hashes"},
}


@pytest.fixture
def page(root):
    return (root / "docs" / "sandbox.md").read_text("utf-8")


@pytest.fixture
def folder(page, tmp_path, monkeypatch):
    """A folder with the page's files, the current one."""
    for name, content in SAVED.findall(page):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("pond", "more_rules"):
        sys.modules.pop(name, None)


@pytest.mark.compiled
def test_the_code_of_the_page_runs(page, folder, capsys):
    names: dict[str, object] = {}
    for kind, code in FENCE.findall(page):
        if kind == "python" and "import check_environment" not in code:
            exec(compile(code, "sandbox.md", "exec"), names)  # noqa: S102
    said = capsys.readouterr().out
    assert said.startswith("not worse - it plays worse than the deployed weights")
    assert "cast (" in said
    assert "idling_while_attacked snapping empty_handed strained\n" in said


def test_the_test_of_the_page_passes(folder):
    names: dict[str, object] = {}
    exec(compile((folder / "test_pond.py").read_text("utf-8"), "t.py", "exec"), names)  # noqa: S102
    names["test_the_pond_can_be_a_sandbox"]()


@pytest.mark.compiled
@pytest.mark.slow
def test_the_commands_of_the_page_work(page, folder, capsys):
    typed = [line for kind, block in FENCE.findall(page) if not kind for line in block.splitlines()]
    verbs = [line.split()[2] for line in typed]
    assert verbs == ["list", "check", "run", "validate"]
    for verb, line in zip(verbs, typed, strict=True):
        assert main(shlex.split(line)[1:]) == 0, capsys.readouterr().out
        assert SAID[verb] in capsys.readouterr().out
        if verb != "check":
            assert main([*shlex.split(line)[1:], "--json"]) == 0
            assert KEYS[verb] <= set(json.loads(capsys.readouterr().out))


@pytest.mark.compiled
def test_the_rejection_of_the_page_is_shown(page, folder, root, capsys):
    (block,) = [block for kind, block in FENCE.findall(page) if kind == "sh"]
    asked, again, _ = block.splitlines()
    words, _, out = asked.partition(" > ")
    assert main(shlex.split(words)[1:]) == 1
    (folder / out).write_text(capsys.readouterr().out, "utf-8")
    assert main(shlex.split(again)[1:]) == 0
    assert "the tree when it was decided, candidate:" in capsys.readouterr().out
    assert main([*shlex.split(again)[1:], "--svg", "rejected.svg"]) == 0
    drawn = (folder / "rejected.svg").read_text("utf-8")
    assert drawn == (root / "docs" / "images" / "rejected.svg").read_text("utf-8")
