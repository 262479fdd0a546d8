"""Values that no game means: refused by an error that names them, or kept exactly as they are."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import esper
import pytest

import astraweave as aw
from astraweave import cli
from astraweave.errors import AstraweaveError
from astraweave.memory import MemoryStore, open_memory
from astraweave.model.columns import episode_of
from astraweave.model.memory import Memory, MemoryType
from tests.faults import saves
from tests.faults.tally import Tally

pytestmark = pytest.mark.faults
DEEP = 100_000


def nested(levels: int = DEEP) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


WRONG: dict[str, Callable[[], Any]] = {
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "minus infinity": lambda: float("-inf"),
    "the largest float": lambda: 1.7e308,
    "2⁶³": lambda: 2**63,
    "−2⁶³−1": lambda: -(2**63) - 1,
    "2²⁰⁰⁰": lambda: 2**2000,
    "half a character": lambda: "\ud800",
    "half a character inside": lambda: "wolf \udfff",
    "a zero byte": lambda: "wolf\0",
    "10 MB of text": lambda: "x" * 10_000_000,
    "100,000 levels": nested,
    "bytes": lambda: b"\xff\xfe",
    "an object": object,
    "itself": lambda: ...,
}


def named(value: Any) -> dict[Any, Any]:
    """`value` as a name, or where it can be none, as what is named."""
    return {value: 1.0} if getattr(value, "__hash__", None) else {"x": value}


@contextmanager
def judged(tries: Tally, name: str) -> Iterator[None]:
    """Count a call that was refused in one line; anything but an error of ours fails the test."""
    said = ""
    try:
        yield
    except AstraweaveError as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 2_000
    tries.became["refused in one line" if said else "taken as it is"] += 1


def to_remember(store: MemoryStore, value: Any, at: float) -> dict[str, Callable[[], Any]]:
    """Every way in which a value can come into a memory."""
    return {
        "text": lambda: store.remember(value, now=at),
        "tag": lambda: store.remember("t", tags=[value], now=at),
        "place": lambda: store.remember("p", place=value, now=at),
        "who": lambda: store.remember("w", participants=[value], now=at),
        "fact": lambda: store.remember("f", facts={"hp": value}, now=at),
        "fact's name": lambda: store.remember("n", facts=named(value), now=at),
        "importance": lambda: store.remember("i", importance=value, now=at),
        "moment": lambda: store.remember("m", now=value),
        "player": lambda: store.remember("pl", player_id=value, now=at),
        "type": lambda: store.remember("ty", memory_type=value, now=at),
        "data": lambda: store.encode(
            Memory(id="d", memory_type=MemoryType.SOCIAL, text="", created_at=at, data=value)
        ),
        "note": lambda: store.put_note("n", value),
        "question": lambda: store.retrieve(value, now=at),
        "of whom": lambda: store.retrieve("w", player_id=value, now=at),
        "id": lambda: store.memory(value),
        "episode": lambda: store.episode(value),
    }


def test_what_is_remembered_is_refused_or_kept_as_it_was(
    save: Path, tally: Callable[..., Tally]
) -> None:
    tries = tally("NaN, ∞, 2⁶³, half characters, 10 MB, 100,000 levels: `remember`", few=1, full=1)
    with open_memory(save) as store:
        sound = store.remember("sound", now=saves.START_S)
        calls = 0
        for number, make in enumerate(WRONG.values()):
            value, at = make(), saves.START_S + number
            for way, call in to_remember(store, value, at).items():
                calls += 1
                kept: list[Any] = []
                with judged(tries, way):
                    try:
                        kept.append(call())
                    except (TypeError, AttributeError) as error:
                        # A caller's mistake in Python's own words, before anything was kept.
                        raise AstraweaveError(what=str(error)) from error
                for memory in kept:
                    if isinstance(memory, Memory):
                        tries.lost += store.memory(memory.id) != memory
        tries.tries = calls
        store.flush()
        found = store.memory(sound.id)
        assert found is not None
        assert (found.text, found.created_at) == (sound.text, sound.created_at)
    with open_memory(save) as store:
        health = store.health()
        assert (health["structure"], health["damaged"], store.problems) == ("ok", 0, ())
    assert tries.lost == 0


TREE = """<root BTCPP_format="4"><BehaviorTree ID="Main">
<WeightedFallback name="tactics"><Action ID="guard"/><Action ID="rush"/></WeightedFallback>
</BehaviorTree></root>"""


def to_record(learner: Any, mira: int, me: int, value: Any) -> dict[str, Callable[[], Any]]:
    """Every way in which a value can come into an episode."""
    return {
        "action": lambda: learner.player_did(me, value),
        "target": lambda: learner.player_did(me, "strike", target=value),
        "parameter": lambda: learner.player_did(me, "strike", params={"damage": value}),
        "parameter's name": lambda: learner.player_did(me, "strike", params=named(value)),
        "credit": lambda: learner.credit(mira, value),
        "tag": lambda: learner.begin(mira, "combat", player=me, tags=(value,)),
        "category": lambda: learner.begin(mira, value, player=me),
        "seed": lambda: learner.begin(mira, "combat", player=me, seed=value),
        "success": lambda: learner.end(mira, success=value),
        "satisfaction": lambda: learner.end(mira, success=0.5, player_satisfaction=value),
    }


def test_what_is_recorded_is_refused_or_kept_as_it_was(
    save: Path, tmp_path: Path, tally: Callable[..., Tally]
) -> None:
    tries = tally(
        "NaN, ∞, 2⁶³, half characters, 10 MB, 100,000 levels: the recorder", few=1, full=1
    )
    (tmp_path / "tree.xml").write_text(TREE)
    actions = aw.ActionVocabulary(strike=aw.Kind("melee", aggressive=True))
    calls = ended = 0
    with open_memory(save) as store:
        learner = aw.attach(store, aw.load_tree(tmp_path / "tree.xml"), actions=actions, seed=7)
        mira = esper.create_entity(aw.Companion("mira"))
        me = esper.create_entity(aw.Player("robin"))
        for make in WRONG.values():
            value = make()
            for way, call in to_record(learner, mira, me, value).items():
                calls += 1
                if way not in {"tag", "category", "seed"}:
                    learner.begin(mira, "combat", player=me)
                with judged(tries, way):
                    call()
                with suppress(AstraweaveError):
                    learner.player_did(me, "strike")
                    learner.end(mira, success=1.0)
                    ended += 1
        learner.close()
        tries.tries = calls
        store.flush()
        logs = [episode_of(log) for log in store.episodes(store.episode_ids())]
        assert len(logs) >= ended
        assert store.problems == ()
    with open_memory(save) as store:
        health = store.health()
        assert (health["structure"], health["damaged"], health["quarantine"]) == ("ok", 0, 0)


LINES = {
    "NaN": "NaN",
    "infinity": "Infinity",
    "a float beyond all": "1e999",
    "2⁶³": str(2**63),
    "2²⁰⁰⁰": str(2**2000),
    "half a character": '"\\ud800"',
    "10 MB of text": json.dumps("x" * 10_000_000),
    "100,000 levels": "[" * DEEP + "]" * DEEP,
    "100,000 levels left open": '{"a":' * DEEP,
    "null": "null",
}


def test_what_is_ingested_is_refused_by_its_line_and_the_others_are_kept(
    tmp_path: Path, tally: Callable[..., Tally], capsys: pytest.CaptureFixture[str]
) -> None:
    tries = tally("NaN, ∞, 2⁶³, half characters, 10 MB, 100,000 levels: `ingest`", few=1, full=1)
    (tmp_path / "a.toml").write_text('[actions.strike]\nkind = "melee"\naggressive = true\n')
    lines = []
    for number, value in enumerate(LINES.values()):
        good = {"id": f"good{number}", "category": "combat", "start_time": 1e9}
        lines.append(json.dumps(good))
        for field in ("id", "start_time", "seed", "tags", "player_id"):
            bad = {**good, "id": f"bad{number}", field: "HERE"}
            lines.append(json.dumps(bad).replace('"HERE"', value))
        lines.append(value)
    (tmp_path / "e.jsonl").write_text("\n".join(lines), "utf-8")
    save = tmp_path / "slot1.db"
    words = ["ingest", tmp_path / "e.jsonl", "--save", save, "--actions", tmp_path / "a.toml"]
    with tries.timed():
        code = cli.main([str(word) for word in words])
    said = capsys.readouterr().err.splitlines()
    assert code == 2
    assert all(line.startswith("astraweave: ") and len(line) < 2_000 for line in said)
    with open_memory(save) as store:
        ids = store.episode_ids()
        tries.lost += sum(f"good{number}" not in ids for number in range(len(LINES)))
        assert (store.health()["structure"], store.problems) == ("ok", ())
    tries.tries = len(lines)
    tries.became["good lines kept, the others refused by their number"] = len(lines)
    assert tries.lost == 0
