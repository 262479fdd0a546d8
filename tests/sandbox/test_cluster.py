"""A cluster gives the verdict of one process; whatever dies or stops, it is right or says why.

Each test ends within its own limit, also when something hangs.
"""

import importlib
import os
import signal
import socket
import threading
import time
from importlib.util import find_spec

import pytest

from astraweave.errors import ClusterError, InputError
from astraweave.sandbox.adapter import vectorised
from astraweave.sandbox.cluster import cluster
from astraweave.sandbox.named import by_name
from tests.sandbox.conftest import BAD_SEED, Duel, said
from tests.sandbox.hazards import Hazard, elsewhere
from tests.sandbox.own_cluster import ROOT, OwnCluster, within, workers_here

# Looked for, not imported: whoever collects the tests need not wait for it.
MISSING = find_spec("distributed") is None
pytestmark = [pytest.mark.compiled, pytest.mark.skipif(MISSING, reason="needs distributed")]
JOB_LIMIT_S = 6.0
LONG_S = 600.0
"""Where nothing is to hang: longer than starting workers takes on any machine."""
CONNECT_S = 2.0


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A scheduler and two workers that the tests share: what one does to it, it survives."""
    started = OwnCluster(tmp_path_factory.mktemp("site"))
    yield started
    started.end()


@pytest.fixture
def make(tmp_path):
    """Make a cluster of one's own, to be killed."""
    made = []

    def start(workers=2, **environment):
        made.append(OwnCluster(tmp_path, workers, **environment))
        return made[-1]

    yield start
    for each in made:
        each.end()


def test_two_workers_here_give_the_verdict_of_this_process_and_leave_with_it(judged):
    before = workers_here()
    with within(LONG_S):
        there = judged(Duel(), cluster("local:2", connect_s=LONG_S, limit_s=LONG_S))
    assert there == judged(Duel(), None)
    assert not workers_here() - before


@pytest.mark.parametrize("exception", [KeyboardInterrupt, ValueError])
@pytest.mark.slow
def test_whatever_ends_the_play_ends_the_workers(judged, exception):
    def interrupt(outcomes):
        raise exception

    before = workers_here()
    with within(LONG_S), pytest.raises(exception):
        judged(Duel(), cluster("local:2", connect_s=LONG_S), reward=interrupt)
    assert not workers_here() - before


@pytest.mark.parametrize(
    "address",
    [
        "",
        "local",
        "local:",
        "local:two",
        "local:-1",
        "localhost:8786",
        "tcp://",
        "tcp://host",
        "tcp://host:port",
        "tcp://host:99999",
        "tcp://host:0",
        "tcp://host:1/path",
        "tcp://[::1:8786",
        "tcp://user@host:1",
        "http://host:8786",
        "tcp://ho\nst:1",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_tried(address):
    with pytest.raises(InputError, match=r"no address of a cluster, got .*; give tcp://HOST"):
        cluster(address)


@pytest.mark.parametrize("count", [0, 1025, 999_999_999])
def test_a_silly_number_of_local_workers_is_refused(count):
    with pytest.raises(InputError, match="workers must be 1 to 1,024"):
        cluster(f"local:{count}")


def test_no_scheduler_at_the_address_is_bad_input_in_time(judged):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and kept, so that nobody else may listen there
        port = free.getsockname()[1]
        with within(LONG_S), pytest.raises(InputError, match=f"{port}: no scheduler answers, got "):
            judged(Duel(), cluster(f"tcp://127.0.0.1:{port}", connect_s=CONNECT_S))


@pytest.mark.slow
def test_what_listens_there_but_is_no_scheduler_is_bad_input_in_time(judged):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with within(LONG_S), pytest.raises(InputError, match="no scheduler answers"):
            judged(Duel(), cluster(address, connect_s=CONNECT_S))


@pytest.mark.slow
def test_a_scheduler_without_workers_is_an_error_in_time(judged, make):
    with within(LONG_S), pytest.raises(ClusterError, match="the scheduler has no worker after 2 s"):
        judged(Duel(), cluster(make(workers=0).address, connect_s=CONNECT_S))


@pytest.mark.slow
@pytest.mark.faults
def test_a_worker_that_is_killed_is_replaced_and_the_verdict_is_the_same(judged, site, tmp_path):
    with within(LONG_S):
        struck = judged(Hazard("kill", once=tmp_path / "struck"), cluster(site.address))
    assert (tmp_path / "struck").exists()
    assert struck == judged(Hazard("nothing"), None)


@pytest.mark.slow
@pytest.mark.faults
def test_a_worker_that_stops_is_replaced_and_the_verdict_is_the_same(judged, site, tmp_path):
    hands = cluster(site.address, limit_s=JOB_LIMIT_S)
    with within(LONG_S):
        struck = judged(Hazard("stop", once=tmp_path / "struck"), hands)
    assert (tmp_path / "struck").exists()
    assert struck == judged(Hazard("nothing"), None)


@pytest.mark.slow
@pytest.mark.faults
def test_a_chunk_that_kills_every_worker_is_named_and_the_cluster_survives(judged, site):
    with within(LONG_S):
        reason = said(judged(Hazard("exit", BAD_SEED), cluster(site.address)))
    assert "the environment killed the process that played it" in reason
    assert "scenario fresh, seeds" in reason
    with within(LONG_S):
        assert judged(Duel(), cluster(site.address)) == judged(Duel(), None)


@pytest.mark.slow
@pytest.mark.faults
def test_a_game_that_hangs_is_named_and_no_worker_is_left_in_it(judged, site):
    with within(LONG_S):
        reason = said(judged(Hazard("hang"), cluster(site.address, limit_s=JOB_LIMIT_S)))
    assert "the environment hung: no answer in 6 s" in reason
    assert "scenario fresh, seeds" in reason
    with within(LONG_S):
        assert judged(Duel(), cluster(site.address)) == judged(Duel(), None)


@pytest.mark.slow
def test_workers_that_others_keep_busy_are_not_the_game_s_fault(judged, make):
    distributed, place = pytest.importorskip("distributed"), make(workers=1)
    with within(LONG_S), distributed.Client(place.address, set_as_default=False) as other:
        busy = [other.submit(time.sleep, 60.0, pure=False) for _ in range(3)]
        with pytest.raises(ClusterError, match="no worker has taken up a job"):
            judged(Duel(), cluster(place.address, limit_s=2.0))
        other.cancel(busy)


@pytest.mark.slow
def test_a_worker_with_other_code_is_refused(judged, make):
    place = make(ASTRAWEAVE_TEST_HASH="edited")
    with (
        within(LONG_S),
        pytest.raises(ClusterError, match=r"other code .*edited.*install the same"),
    ):
        judged(Hazard("other code"), cluster(place.address))


@pytest.mark.slow
def test_a_worker_with_another_module_beside_the_game_is_refused(
    judged, make, tmp_path, monkeypatch
):
    for name in ("here", "there"):
        folder = tmp_path / name
        folder.mkdir()
        text = "import tuned\nfrom tests.sandbox.test_adapter import Corridor\n\n\n"
        (folder / "lane.py").write_text(text + "class Lane(Corridor):\n    pass\n", "utf-8")
        (folder / "tuned.py").write_text(f"WHERE = {name!r}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path / "here")
    game = vectorised(importlib.import_module("lane").Lane())
    path = os.pathsep.join([str(tmp_path / "there"), str(ROOT)])
    with (
        within(LONG_S),
        pytest.raises(ClusterError, match=r"other code .*install the same"),
    ):
        judged(game, cluster(make(PYTHONPATH=path).address))


@pytest.mark.slow
def test_a_worker_that_lacks_the_game_is_an_error_that_says_so(judged, make):
    game, place = Duel(), make(ASTRAWEAVE_TEST_LACKS="yes")
    by_name(game, elsewhere, "the duel")
    with (
        within(LONG_S),
        pytest.raises(ClusterError, match="cannot load the game, got ModuleNotFoundError: the du"),
    ):
        judged(game, cluster(place.address))


@pytest.mark.slow
@pytest.mark.faults
def test_a_scheduler_that_dies_is_an_error_in_time(judged, make, tmp_path):
    place, struck = make(), tmp_path / "struck"

    def kill():
        while not struck.exists():
            time.sleep(0.05)
        place.scheduler.kill()

    threading.Thread(target=kill, daemon=True).start()
    with (
        within(LONG_S),
        pytest.raises(ClusterError, match="the scheduler went away and does not answer"),
    ):
        judged(Hazard("hang", once=struck), cluster(place.address))


@pytest.mark.slow
@pytest.mark.faults
def test_a_scheduler_that_stops_is_an_error_in_time(judged, make, tmp_path):
    place, struck = make(), tmp_path / "struck"

    def stop():
        while not struck.exists():
            time.sleep(0.05)
        place.scheduler.send_signal(signal.SIGSTOP)

    threading.Thread(target=stop, daemon=True).start()
    hands = cluster(place.address, limit_s=JOB_LIMIT_S)
    with within(LONG_S), pytest.raises(ClusterError, match="a job is overdue"):
        judged(Hazard("hang", once=struck), hands)
