"""Forgetting a person in the middle of a game that goes on."""

import itertools

import astraweave as aw


def test_a_player_is_forgotten_in_a_running_game_which_goes_on_as_with_a_stranger(
    new_play, help_by_guarding, tmp_path
):
    save = tmp_path / "s.db"
    moments = itertools.count(1_000_000_000, 1_000)
    with aw.open_memory(save) as memory:
        play = help_by_guarding(new_play(memory, wall=lambda: float(next(moments))))
        for _ in range(3):
            play.episode()
            play.learner.learn()
        play.begin()
        play.frames(30)
        done = play.learner.forget("robin")
        assert done.finished
        assert memory.players() == ()
        assert play.learner.reports == {}
        found = [path.name for path in tmp_path.iterdir() if b"robin" in path.read_bytes()]
        assert found == []
        ended = play.episode()
        memory.flush()
        assert memory.episode_ids("robin") == (ended,)
        assert play.learner.learn().episodes == 1
        log = memory.episode(ended)
        assert log is not None
        assert log.policy_version == 0
