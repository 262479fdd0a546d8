import re
from pathlib import Path

import pytest

PAGES = {
    "memory": (9, "'relevance': 1.0"),
    "privacy": (4, "'kim' has not consented that 'mira' is given these memories"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parents[2] / "docs" / f"{page}.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    fewest, said = PAGES[page]
    assert len(blocks) >= fewest
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, f"{page}.md", "exec"), names)  # noqa: S102
    assert said in capsys.readouterr().out
