"""What a person reset does not come back, whoever folds the rows; the order of a batch."""

from itertools import permutations

import msgspec
import pytest

from astraweave.cli import main
from astraweave.learning import LearnSettings
from astraweave.learning.controls import freeze
from astraweave.learning.deployment import reset
from astraweave.learning.ledger import deployed_weights, resets_note
from astraweave.learning.rows import known, method_for
from astraweave.memory import open_memory
from astraweave.model.columns import episode_of

PAIR = ("robin", "mira")


def play(store, game, fight, step, numbers, learner="posterior"):
    for number in numbers:
        store.write(fight(number))
        step(store, game, settings=LearnSettings(learner=learner))


def statistics(store):
    state = known(store, *PAIR).state
    return state.tactics, state.cells, state.contexts, state.log, state.rewards


def body(store, game, name):
    found = known(store, *PAIR)
    return method_for(store, found, PAIR, name, game).encoded()


@pytest.mark.parametrize("tactic", ["guard", None])
@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("gone", [0, 5])
def test_statistics_folded_again_equal_never_having_seen_the_forgotten(
    game, fight, step, tactic, after, gone
):
    ends = []
    for seen in (True, False):
        with open_memory() as store:
            freeze(store, *PAIR)
            play(store, game, fight, step, [n for n in range(6) if seen or n != gone])
            reset(store, game, *PAIR, tactic=tactic, now=1e9)
            play(store, game, fight, step, range(6, 6 + after))
            if seen:
                assert store.forget(f"mira-{gone:06d}")
            assert ("guard" in known(store, *PAIR).state.tactics) is (after > 0)
            step(store, game)
            ends.append((statistics(store), body(store, game, "q")))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", ["q", "dynamic-scripting"])
def test_a_learner_that_comes_in_later_knows_nothing_of_what_was_reset(game, fight, step, name):
    ends = []
    for before in ("posterior", name):
        with open_memory() as store:
            freeze(store, *PAIR)
            play(store, game, fight, step, range(6), before)
            reset(store, game, *PAIR, now=1e9)
            play(store, game, fight, step, range(6, 8), before)
            ends.append(body(store, game, name))
    assert ends[0] == ends[1]


def test_a_lost_note_brings_nothing_back(store, game, fight, step):
    freeze(store, *PAIR)
    play(store, game, fight, step, range(6))
    reset(store, game, *PAIR, now=1e9)
    play(store, game, fight, step, range(6, 8))
    told = statistics(store)
    store.put_note(resets_note(*PAIR), b"?")
    play(store, game, fight, step, [8])
    assert store.forget("mira-000008")
    assert statistics(store) == told
    reset(store, game, *PAIR, tactic="rush", now=1e9)
    play(store, game, fight, step, [9])
    told = statistics(store)
    play(store, game, fight, step, [10])
    assert store.forget("mira-000010")
    assert statistics(store) == told


def test_the_order_of_a_batch_in_the_save_changes_nothing(game, fight, step):
    ends = set()
    for order in permutations(range(4)):
        with open_memory() as store:
            for number in order:
                store.write(fight(number, decisions=8 + 3 * number, success=number % 2))
            step(store, game)
            found = known(store, *PAIR)
            weights = deployed_weights(store, game, *PAIR)[0]
            ends.add((found.state.encoded(), str(weights), str(store.rows(*PAIR))))
            told = statistics(store)
            play(store, game, fight, step, [9])
            assert store.forget("mira-000009")
            assert statistics(store) == told
    assert len(ends) == 1


def test_a_shuffled_file_is_learned_to_the_same_bytes(game, fight, tmp_path, capsys):
    actions = tmp_path / "actions.toml"
    actions.write_text(
        '[actions]\nstrike = {kind="melee", aggressive=true}\ndodge = {kind="movement"}\n'
        '[facts]\nhp = {low=0, high=1, role="player_health"}\n'
    )
    logs = [fight(n, decisions=8 + 3 * n, success=n % 2) for n in range(12)]
    lines = [msgspec.json.encode(episode_of(log)) + b"\n" for log in logs]
    ends = set()
    for number, order in enumerate((lines, lines[::-1], lines[5:] + lines[:5])):
        file, save = tmp_path / f"{number}.jsonl", str(tmp_path / f"{number}.db")
        file.write_bytes(b"".join(order))
        declared = ["--save", save, "--tree", str(game.tree.path), "--actions", str(actions)]
        assert main(["ingest", str(file), *declared]) == 0
        assert main(["learn", "--save", save, "--now", "1e9"]) == 0
        with open_memory(save) as store:
            ends.add((store.state(*PAIR), str(store.rows(*PAIR)), str(store.deployed(*PAIR))))
            assert store.deployed(*PAIR) is not None
    capsys.readouterr()
    assert len(ends) == 1
