"""The pictures in the docs are those that `astraweave tree render` draws now."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREES = sorted((ROOT / "behavior_trees").glob("*.xml"))
PICTURES = ROOT / "docs" / "images" / "trees"


@pytest.mark.parametrize("tree", TREES, ids=lambda path: path.stem)
def test_each_shipped_tree_s_picture_is_up_to_date(call, tree):
    code, drawn, err = call("tree", "render", tree, "--format", "svg")
    assert (code, err) == (0, "")
    kept = (PICTURES / f"{tree.stem}.svg").read_text("utf-8")
    assert kept == drawn, "stale: run scripts/pictures"
