"""The demo's world: what is played there is what the sandbox plays, bit for bit."""

from collections.abc import Iterator
from pathlib import Path

import esper
import numpy as np
import pytest
from companion.session import COMPANION, Session, Wish

import astraweave as aw
from astraweave.arena import Arena, load_bot, play_scenario
from astraweave.model.weights import designer_weights
from astraweave.sandbox import replay


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[aw.MemoryStore]:
    with aw.open_memory(tmp_path / "slot.db") as store:
        yield store


@pytest.fixture
def watched(memory: aw.MemoryStore) -> Iterator[Session]:
    session = Session(memory, player="robin", seed=3, bot=load_bot("kiter"))
    yield session
    session.close()


def test_a_fight_in_the_demo_is_the_fight_in_the_sandbox_bit_for_bit(watched: Session) -> None:
    seen: list[dict[str, float]] = []
    watched.learner.sense(lambda _who: seen.append(watched.duel.facts()) or seen[-1])
    watched.begin()
    row, seed = watched.player_row(), watched.fight_seed
    commands = []
    while watched.frame():
        commands.append(watched.duel.tactic)
    assert row is not None
    frames = replay(
        Arena(),
        watched.learner.game.tree,
        designer_weights(watched.learner.game.tree.tactics),
        play_scenario(),
        seed,
        lambda seeds: np.repeat(row[None, :], len(seeds), axis=0),
    )
    assert len(seen) == len(frames)
    assert seen == [frame.facts for frame in frames]


def test_what_the_player_did_is_recorded_with_its_target_and_numbers(watched: Session) -> None:
    watched.begin()
    told = []
    while watched.frame():
        if watched.duel.did is not None:
            told.append((watched.duel.did.name, watched.duel.did.target))
    fought = watched.end()
    watched.memory.flush()
    log = watched.memory.episode(fought.episode)
    assert log is not None
    actions = [o.player_action for o in aw.episode_of(log).observations if o.player_action]
    assert [(a.action_type, a.target) for a in actions] == told[: len(actions)]
    assert len(actions) >= len(told)
    assert all("damage" in a.parameters for a in actions)
    assert sum(fought.decisions.values()) > 0


def test_a_person_strikes_when_he_wishes_to(memory: aw.MemoryStore) -> None:
    session = Session(memory, player="robin", seed=3, bot=None)
    try:
        session.begin()
        done = []
        for tick in range(120):
            session.frame(Wish(action=0 if tick < 60 else 3))
            if session.duel.did is not None:
                done.append(session.duel.did.name)
    finally:
        session.close()
    assert set(done) == {"strike", "block"}
    assert done.index("block") == done.count("strike")


def test_a_fight_that_is_closed_is_kept_as_truncated(memory: aw.MemoryStore) -> None:
    session = Session(memory, player="robin", seed=3, bot=load_bot("berserker"))
    session.begin()
    for _ in range(90):
        session.frame()
    session.close()
    (episode,) = memory.episode_ids("robin", COMPANION)
    log = memory.episode(episode)
    assert log is not None
    assert log.truncated


def test_the_world_of_the_game_is_left_as_it_was_found(memory: aw.MemoryStore) -> None:
    before = esper.current_world
    session = Session(memory, player="robin", seed=3, bot=None)
    assert esper.current_world != before
    session.close()
    assert esper.current_world == before
    assert not [name for name in esper.list_worlds() if name.startswith("astraweave demo")]


def test_a_bot_that_switches_counts_the_fights_of_its_save(
    memory: aw.MemoryStore, tmp_path: Path
) -> None:
    path = tmp_path / "turncoat.toml"
    path.write_text(
        'name = "turncoat"\naggression = 0.9\nengage_at_health = 0.1\npreferred_range_m = 1.2\n'
        "heal_threshold = 0.2\nswitch_at_episode = 1\nswitch_to = 'kiter'\n"
        "[style]\nmelee = 1.0\ndefensive = 1.0\n",
        "utf-8",
    )
    session = Session(memory, player="robin", seed=3, bot=load_bot(path))
    try:
        first = session.player_row()
        session.begin()
        while session.frame():
            pass
        session.end()
        second = session.player_row()
    finally:
        session.close()
    assert first is not None
    assert second is not None
    assert first[8] == 1.2
    assert second[8] != first[8]
