"""Between machines that others can reach: Dask's own TLS, with keys made for the test."""

import os
import shutil
import subprocess

import pytest

from astraweave.errors import InputError
from astraweave.sandbox.cluster import cluster
from tests.sandbox.conftest import Duel
from tests.sandbox.own_cluster import OwnCluster, within

pytestmark = [
    pytest.mark.compiled,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make keys"),
]


@pytest.fixture(scope="module")
def dask():
    """Imported when it is needed: whoever collects the tests need not wait for it."""
    pytest.importorskip("distributed")
    return pytest.importorskip("dask")


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Dask's settings for one certificate that everybody has and trusts, as of docs/cluster.md."""
    folder = tmp_path_factory.mktemp("keys")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=astraweave", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    tls = {"ca-file": str(cert)}
    for role in ("scheduler", "worker", "client"):
        tls[role] = {"cert": str(cert), "key": str(key)}
    return {"distributed": {"comm": {"require-encryption": True, "tls": tls}}}


@pytest.fixture
def site(dask, keys, tmp_path):
    """A scheduler and two workers that speak nothing but TLS."""
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "tls.yaml").write_text(dask.config.yaml.safe_dump(keys), "utf-8")
    started = OwnCluster(tmp_path, protocol="tls", DASK_CONFIG=str(settings))
    yield started
    started.end()


def test_an_encrypted_cluster_gives_the_verdict_of_this_process(dask, judged, site, keys):
    assert site.address.startswith("tls://")
    before = dask.config.config
    with dask.config.set(dask.config.merge(before, keys)), within(600.0):
        there = judged(Duel(), cluster(site.address))
    assert there == judged(Duel(), None)


def test_without_keys_nobody_is_reached_and_the_error_says_so(judged, site):
    assert "DASK_CONFIG" not in os.environ
    with within(600.0), pytest.raises(InputError, match="no scheduler answers"):
        judged(Duel(), cluster(site.address, connect_s=3.0))
