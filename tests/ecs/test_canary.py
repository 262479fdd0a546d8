"""A deliberately bad promotion in a real save, played through restarts: it takes itself back."""

import esper

import astraweave as aw
from astraweave import cli
from astraweave.ecs.policies import HALF
from astraweave.learning.rows import known
from astraweave.learning.trial import TRIAL_EPISODES, put_on_trial
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet

PAIR = ("robin", "mira")
BAD = {"guard": 0.25, "rush": 4.0}


def promote(store, weights):
    """Past every check: what a wrong simulator would have let through."""
    found, version = known(store, *PAIR), store.next_version(*PAIR)
    put_on_trial(found.state, version, 0)
    found.state.revision += 1
    store.commit(
        LearningCommit(
            player_id=PAIR[0],
            companion_id=PAIR[1],
            state=found.state.encoded(),
            read=found.read,
            guarded=True,
            weights=WeightSet(version=version, weights=weights, parent=0),
            deployment=Deployment(
                version=version,
                player_id=PAIR[0],
                companion_id=PAIR[1],
                action="promote",
                deployed_at=1e9,
                canary=True,
                against=0,
            ),
        )
    )


def session(new_play, save, episodes, *, bad_loses):
    """One start of the game: some fights, each learned from; the reports and versions."""
    with aw.open_memory(save) as store:
        play = new_play(store)
        reports, versions = [], []
        for _ in range(episodes):
            play.begin()
            for _ in range(8):
                play.learner.player_did(play.me, "strike", target="wolf")
                play.frames(40)
            version = play.learner._open[play.mira].draft.policy_version
            play.learner.end(play.mira, success=0.0 if bad_loses and version else 1.0)
            reports.append(play.learner.learn())
            versions.append(version)
        said = play.learner.why(play.mira)
        play.learner.close()
        for entity in (play.mira, play.me):
            esper.delete_entity(entity, immediate=True)
    return reports, versions, said


def test_a_bad_promotion_is_rolled_back_across_restarts_with_its_reason(new_play, tmp_path, capsys):
    save = tmp_path / "slot.db"
    session(new_play, save, 2, bad_loses=False)
    with aw.open_memory(save) as store:
        promote(store, BAD)
    reports, versions = [], []
    for _ in range(TRIAL_EPISODES // 3 + 1):
        more, played, said = session(new_play, save, 3, bad_loses=True)
        reports, versions = reports + more, versions + played
        if any("rolled back" in report.message for report in more):
            break
    share = versions.count(0) / len(versions)
    assert abs(share - HALF) < 0.3, "both halves play"
    back = next(r for r in reports if r.deployment and r.deployment.action == "roll_back")
    assert len(versions) <= TRIAL_EPISODES
    assert "did worse than 0 in real episodes" in back.deployment.reason
    assert f"rolled back: {back.deployment.reason}" in said
    _, after, said = session(new_play, save, 3, bad_loses=True)
    assert set(after) == {0}, "the designer's weights play after the next start"
    assert "rolled back" in said
    assert cli.main(["weights", "list", str(save)]) == 0
    listed = [line.split()[1:3] for line in capsys.readouterr().out.splitlines()]
    assert listed[1:3] == [["in", "use"], ["rejected", "learned"]]
    assert ["used", "before"] in listed[3:]


def test_a_promotion_as_good_as_its_predecessor_is_kept_across_restarts(new_play, tmp_path):
    save = tmp_path / "slot.db"
    session(new_play, save, 2, bad_loses=False)
    with aw.open_memory(save) as store:
        promote(store, {"guard": 1.1, "rush": 0.9})
    reports = []
    for _ in range(TRIAL_EPISODES // 6 + 1):
        reports += session(new_play, save, 6, bad_loses=False)[0]
    kept = [r for r in reports if r.deployment and "kept version" in r.message]
    assert kept
    assert "its trial showed no harm" in kept[0].deployment.reason
    assert not any("rolled back" in report.message for report in reports)
