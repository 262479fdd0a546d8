"""The hash of a game without one of its own: its files, and what of one's own they import."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import cloudpickle
import pytest

from astraweave.errors import ClusterError, EnvironmentFailure
from astraweave.learning.game import named_environment
from astraweave.sandbox import imported, vectorised
from astraweave.sandbox.hands import processes
from astraweave.sandbox.imported import imported_hash
from astraweave.sandbox.named import copied
from tests.children import PATIENCE_S, ROOT

GAME = "from tests.sandbox.test_adapter import Corridor\n{}\n\n\nclass Long(Corridor):\n    pass\n"
FILES = {
    "beside.py": "import over.there\n",
    "over/__init__.py": "",
    "over/there.py": "from . import further\n",
    "over/further.py": "from .deep.down import GAIN\n",
    "over/deep/down.py": "def late():\n    import last\n\n\nGAIN = 1\n",
    "last.py": "import importlib\n\nimportlib.import_module('named')\n",
    "named.py": "import game\n",
    "unused.py": "GAIN = 1\n",
    "words.txt": "import unused\n",
}
REACHED = [name for name in FILES if name not in ("unused.py", "words.txt")]


class Site:
    """A folder with a game, met as a new process would meet it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, "utf-8")

    def met(self, name: str = "game") -> ModuleType:
        self.forget()
        return importlib.import_module(name)

    def hash(self, name: str = "game") -> str:
        self.met(name)
        return imported_hash(name)

    def forget(self) -> None:
        importlib.invalidate_caches()
        tops = {path.stem for path in self.folder.iterdir()} | {"shop"}
        for name in [each for each in sys.modules if each.partition(".")[0] in tops]:
            del sys.modules[name]


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made = Site(tmp_path)
    made.write({"game.py": "import beside\n", **FILES})
    yield made
    made.forget()


@pytest.mark.parametrize("changed", ["game.py", *REACHED])
def test_every_file_that_is_reached_counts(site, changed):
    before = site.hash()
    assert site.hash() == before
    site.write({changed: (site.folder / changed).read_text("utf-8") + "# another\n"})
    assert site.hash() != before


def test_what_is_not_imported_does_not_count(site):
    before = site.hash()
    site.write({"unused.py": "GAIN = 2\n", "words.txt": "", "new.py": ""})
    assert site.hash() == before


def test_two_files_that_change_places_are_another_game(site):
    site.write({"game.py": "import one, two\n", "one.py": "A = 1\n", "two.py": "A = 2\n"})
    before = site.hash()
    site.write({"one.py": "A = 2\n", "two.py": "A = 1\n"})
    assert site.hash() != before


def test_a_process_that_has_played_gives_the_hash_of_one_that_has_not(site):
    before = site.hash()
    importlib.import_module("over.deep.down").late()
    assert "named" in sys.modules
    assert imported_hash("game") == before


def test_what_was_met_counts_and_not_what_was_edited_since_until_it_is_loaded_anew(site):
    game = site.met()
    before = imported_hash("game")
    site.write({"beside.py": "GAIN = 2\n"})
    assert imported_hash("game") == before
    importlib.reload(sys.modules["beside"])
    assert imported_hash("game") != before
    assert sys.modules["game"] is game


def test_a_script_and_what_it_is_imported_as_are_the_same_code(site):
    program = """import beside
from astraweave.sandbox.imported import imported_hash

if __name__ == "__main__":
    import main

    print(imported_hash("__main__"), imported_hash(main.__name__))
"""
    site.write({"main.py": program})
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=site.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    first, second = done.stdout.split()
    assert first == second
    assert imported_hash(script=str(site.folder / "main.py")) == first


@pytest.mark.parametrize("place", ["site-packages", "dist-packages"])
def test_what_is_installed_is_left_out_unless_the_game_is(site, monkeypatch, place):
    monkeypatch.syspath_prepend(site.folder / place)
    home = f"{place}/shop"
    site.write({f"{home}/__init__.py": "", f"{home}/till.py": "", "game.py": "import shop.till\n"})
    site.write({f"{home}/stand.py": "from shop import till\n"})
    game, stand = site.hash(), site.hash("shop.stand")
    site.write({f"{home}/till.py": "COINS = 2\n"})
    assert site.hash() == game
    assert site.hash("shop.stand") != stand


ODD = {
    "no Python": "def (:\n",
    "nothing": "",
    "zeros": "import beside\0\n",
    "deep": "x = " + "(" * 3000 + "import" + ")" * 3000,
    "beyond the top": "from ....... import a\nfrom .b import c\n",
    "out of the folder": "import importlib\nimportlib.import_module('../../etc.passwd')\n",
    "an odd escape": "import last\nx = '\\d'\n",
    "long": "import last\n#" + "x" * imported.LONGEST,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_files_count_and_are_never_executed(site, text):
    site.write({"game.py": "def late():\n    import odd\n", "odd.py": text})
    before = site.hash()
    site.write({"odd.py": text + "\n# more"})
    assert site.hash() != before
    assert "odd" not in sys.modules


def test_more_modules_than_anyone_would_read_are_refused_in_a_sentence(site, monkeypatch):
    monkeypatch.setattr(imported, "MOST", 20)
    many = "".join(f"    import m{i}\n" for i in range(30))
    site.write({"game.py": "def late():\n" + many, **{f"m{i}.py": "" for i in range(30)}})
    with pytest.raises(EnvironmentFailure, match=r"imports more than 20 modules.*content_hash\(\)"):
        site.hash()


def test_a_game_is_another_when_a_module_beside_it_is(site):
    hashes = []
    for gain in (1, 2, 1):
        site.write({"game.py": GAME.format("import tuning"), "tuning.py": f"GAIN = {gain}\n"})
        hashes.append(vectorised(site.met().Long()).content_hash())
    assert hashes[0] == hashes[2] != hashes[1]


def test_the_module_of_the_factory_counts_though_the_class_does_not_know_it(site):
    made = []
    for gain in (1, 2):
        site.write(
            {"game.py": GAME.format(""), "named.py": "from game import Long\nimport tuning\n"}
        )
        with (site.folder / "named.py").open("a", encoding="utf-8") as file:
            file.write("\n\ndef make():\n    return Long()\n")
        site.write({"tuning.py": f"GAIN = {gain}\n"})
        site.forget()
        made.append(vectorised(named_environment("named:make")))
    assert made[0].content_hash() != made[1].content_hash()
    assert copied(made[1]).content_hash() == made[1].content_hash()
    assert vectorised(sys.modules["named"].make()).content_hash() != made[1].content_hash()
    # In a worker that got the object, and has no use for the factory.
    sent = cloudpickle.dumps(made[1])
    said = made[1].content_hash()
    site.forget()
    assert cloudpickle.loads(sent).content_hash() == said
    assert "named" not in sys.modules


@pytest.mark.compiled
def test_a_worker_that_has_another_module_beside_the_game_is_refused(judged, site):
    site.write({"game.py": GAME.format("import tuning"), "tuning.py": "GAIN = 1\n"})
    game = vectorised(site.met().Long())
    with processes(2, limit_s=PATIENCE_S) as same:
        assert b'"approved"' in judged(game, same)
    site.write({"tuning.py": "GAIN = 2\n"})
    with pytest.raises(ClusterError, match=r"other code .*install the same versions"):
        judged(game, processes(2, limit_s=PATIENCE_S))
