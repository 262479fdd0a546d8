"""What a frame costs a game: no disk, no compilation, no waiting for the store."""

import subprocess
import sys
import threading
from pathlib import Path

import esper
import pytest

import astraweave as aw
from astraweave.errors import StoreError
from astraweave.memory.store import MemoryStore
from astraweave.memory.writer import Writer

FORBIDDEN = (
    *("open", "compile", "exec", "import", "os.", "shutil.", "tempfile.", "glob.", "pathlib."),
    *("subprocess.", "socket.", "sqlite3.", "ctypes.dlopen", "fcntl.", "mmap.", "syslog."),
)
_watch = {"thread": 0, "seen": []}
_watching = []


def _hook(event, _arguments):
    if _watch["thread"] == threading.get_ident() and event.startswith(FORBIDDEN):
        _watch["seen"].append(event)


class Frames(esper.Processor):
    """The game's own part of a frame: fights that begin and end in the middle of frames."""

    def __init__(self, play):
        self.play, self.frame = play, 0

    def process(self, *_):
        play, learner = self.play, self.play.learner
        if self.frame % 300 == 0:
            play.begin(tags=("watched",))
        learner.player_did(play.me, "strike", target=f"wolf {self.frame}", params={"damage": 1.0})
        if self.frame % 300 == 150:
            learner.credit(play.mira, 0.3)
            learner.pause(play.mira)
        if self.frame % 300 == 160:
            learner.resume(play.mira)
        if self.frame % 300 == 299:
            learner.end(play.mira, success=1.0)
        self.frame += 1


@pytest.fixture
def watched():
    """Everything that Python's audit hooks tell of this thread, while switched on."""
    if not _watching:
        sys.addaudithook(_hook)
        _watching.append(True)
    _watch["seen"] = seen = []

    def switch(*, on):
        _watch["thread"] = threading.get_ident() if on else 0

    yield switch, seen
    switch(on=False)


def test_a_frame_opens_imports_compiles_and_waits_for_nothing(
    new_play, tmp_path, watched, monkeypatch
):
    """Ten seconds of play on a save file, episodes begun and ended inside frames, too."""
    switch, seen = watched
    with aw.open_memory(tmp_path / "s.db") as memory:
        play = new_play(memory)
        esper.add_processor(Frames(play))

        def waits(*_args, **_more):
            raise AssertionError("a frame waits for the store")

        with monkeypatch.context() as patched:
            for owner, name in (
                (MemoryStore, "_ask"),
                (MemoryStore, "flush"),
                (Writer, "call"),
                (Writer, "settle"),
                (Writer, "flush"),
            ):
                patched.setattr(owner, name, waits)
            switch(on=True)
            play.frames(600)
            switch(on=False)
        assert seen == []
        assert len(memory.episode_ids()) == 2
        assert memory.figures()["checkpoints"] >= 2


def test_the_watch_sees_what_it_is_for(watched, tmp_path):
    switch, seen = watched
    (tmp_path / "x").touch()
    switch(on=True)
    (tmp_path / "x").read_bytes()
    switch(on=False)
    assert "open" in seen


PLAYS = """
import sys
sys.path[:0] = [{tests!r}]
import esper
import astraweave as aw

def loaded(name):
    return sorted(m for m in sys.modules if m.partition(".")[0] == name)

aw.open_memory, aw.load_tree
assert not loaded("numba"), loaded("numba")
from conftest import Play, Ticks

with aw.open_memory({save!r}) as memory:
    play = Play(Ticks(), aw.load_tree({tree!r}), memory)
    play.episode(frames=600)
    play.begin()
    play.frames(60)
    play.learner.abort(play.mira)
    play.learner.close()
    assert not loaded("numba"), loaded("numba")
    assert not loaded("pygame")
print("no numba")
"""


def test_a_game_that_plays_and_records_never_loads_numba(tree, tmp_path):
    code = PLAYS.format(
        tests=str(Path(__file__).parent), tree=str(tree.path), save=str(tmp_path / "s.db")
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.stdout == "no numba\n", done.stderr


def test_importing_astraweave_loads_neither_numba_nor_esper_nor_numpy_users():
    code = "import sys, astraweave; print({'numba', 'esper', 'pygame', 'apsw'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_store_that_failed_is_warned_of_once_and_the_game_goes_on(play, monkeypatch):
    play.begin()

    def full(_part):
        raise StoreError(what="the disk is full")

    monkeypatch.setattr(play.memory, "checkpoint", full)
    with pytest.warns(RuntimeWarning, match="not kept: the disk is full"):
        play.frames(60 * 5)
    play.frames(60 * 9)
    monkeypatch.undo()
    play.frames(60 * 5)
    play.memory.flush()
    assert play.memory.figures()["checkpoints"] >= 2


def test_episodes_that_began_together_are_not_kept_in_one_frame(play):
    mates = [esper.create_entity(aw.Companion(f"c{i}")) for i in range(20)]
    for mate in mates:
        play.learner.begin(mate, "combat", player=play.me)
    given = []
    checkpoint = play.memory.checkpoint
    play.memory.checkpoint = lambda part: (
        given.append(play.learner._agents.frame) or checkpoint(part)
    )
    play.frames(60 * 4 + 10)
    assert len(given) == 20
    assert max(given.count(frame) for frame in given) <= 4
    del play.memory.checkpoint
