"""Trees in files: whole or not there, and nobody's replaced unasked."""

import os

import pytest

from astraweave.behavior import load_tree
from astraweave.behavior.groot import writer
from astraweave.behavior.groot.writer import write_file
from astraweave.errors import UsageError


def test_the_tree_that_was_taken_is_the_main_one_of_what_is_written(tmp_path):
    file = tmp_path / "two.xml"
    file.write_text(
        '<root main_tree_to_execute="A"><BehaviorTree ID="A"><Action ID="a"/></BehaviorTree>'
        '<BehaviorTree ID="B"><Action ID="b"/></BehaviorTree></root>',
        "utf-8",
    )
    load_tree(file, main="B").save(tmp_path / "b.xml")
    assert load_tree(tmp_path / "b.xml").actions == ("b",)


def test_a_saved_tree_replaces_nothing_unasked(tmp_path):
    tree, file = load_tree("companion.xml"), tmp_path / "mine.xml"
    file.write_text("precious", "utf-8")
    with pytest.raises(UsageError, match="there is a file of this name"):
        tree.save(file)
    assert file.read_text("utf-8") == "precious"
    tree.save(file, replace=True)
    assert load_tree(file).content_hash == tree.content_hash
    assert [path.name for path in tmp_path.iterdir()] == ["mine.xml"]


@pytest.mark.parametrize("replace", [True, False])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, replace):
    def fail(handle):
        raise OSError(28, "No space left on device")

    file = tmp_path / "x.xml"
    if replace:
        file.write_text("old", "utf-8")
    monkeypatch.setattr(writer.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_file(file, "new", replace=replace)
    assert [path.read_text("utf-8") for path in tmp_path.iterdir()] == (["old"] if replace else [])


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path, monkeypatch):
    file, link = tmp_path / "x.xml", writer.Path.hardlink_to

    def late(self, target):
        self.write_text("somebody else's", "utf-8")
        return link(self, target)

    monkeypatch.setattr(writer.Path, "hardlink_to", late)
    with pytest.raises(UsageError, match="there is a file"):
        write_file(file, "new", replace=False)
    assert [path.read_text("utf-8") for path in tmp_path.iterdir()] == ["somebody else's"]


def test_a_file_system_without_hard_links_is_written_to(tmp_path, monkeypatch):
    def none(self, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(writer.Path, "hardlink_to", none)
    write_file(tmp_path / "x.xml", "new", replace=False)
    assert (tmp_path / "x.xml").read_text("utf-8") == "new"


@pytest.mark.skipif(os.name == "nt", reason="modes and links are POSIX's")
def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path):
    file, link = tmp_path / "x.xml", tmp_path / "link.xml"
    file.write_text("old", "utf-8")
    file.chmod(0o640)
    link.symlink_to(file)
    write_file(link, "new", replace=True)
    assert link.is_symlink()
    assert file.read_text("utf-8") == "new"
    assert file.stat().st_mode & 0o777 == 0o640
