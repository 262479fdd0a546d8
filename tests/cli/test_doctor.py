"""`astraweave doctor` says what is wrong, and that nothing is when nothing is."""

import builtins
import json
from importlib import metadata

import pytest

from astraweave import cli
from astraweave.cli import doctor
from astraweave.memory import open_memory


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ASTRAWEAVE_CACHE_DIR", str(tmp_path / "cache"))


def _findings(capsys, *arguments):
    code = cli.main(["doctor", "--json", *arguments])
    told = json.loads(capsys.readouterr().out)
    assert code == (0 if told["ok"] else 1)
    assert told["ok"] == all(finding["ok"] for finding in told["findings"])
    return {finding["name"]: finding for finding in told["findings"]}


def _pretend_versions(monkeypatch, **versions):
    real = metadata.version

    def version(name):
        if name in versions:
            if versions[name] is None:
                raise metadata.PackageNotFoundError(name)
            return versions[name]
        return real(name)

    monkeypatch.setattr(metadata, "version", version)


def test_a_whole_installation_is_well(capsys):
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("All is well.\n")
    assert "WRONG" not in out


def test_versions_of_everything_are_told(capsys):
    found = _findings(capsys)
    for name in ("python", "astraweave", "apsw", "esper", "numba", "numpy", "msgspec", "sqlite"):
        assert found[name]["value"][0].isdigit(), name
    assert "wheel" in found["numpy"]["value"]


def test_two_pygames_at_once_are_wrong(monkeypatch, capsys):
    _pretend_versions(monkeypatch, **{"pygame": "2.6.1", "pygame-ce": "2.5.7"})
    finding = _findings(capsys)["pygame"]
    assert not finding["ok"]
    assert finding["value"] == "pygame 2.6.1 and pygame-ce 2.5.7"
    assert "uninstall" in finding["fix"]


def test_no_pygame_is_not_wrong_but_told(monkeypatch, capsys):
    _pretend_versions(monkeypatch, **{"pygame": None, "pygame-ce": None})
    finding = _findings(capsys)["pygame"]
    assert finding["ok"]
    assert "astraweave[demo]" in finding["value"]


def test_a_missing_package_is_wrong_with_its_next_step(monkeypatch, capsys):
    _pretend_versions(monkeypatch, esper=None)
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "WRONG" in out
    assert "→ pip install esper" in out
    assert out.endswith("need attention.\n")


def test_packages_that_cannot_be_imported_are_wrong_not_a_traceback(monkeypatch, capsys):
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name in {"astraweave.memory", "astraweave.model.kernels.jit"}:
            raise ImportError("undefined symbol")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    found = _findings(capsys)
    assert not found["sqlite"]["ok"]
    assert not found["kernels"]["ok"]
    assert "undefined symbol" in found["kernels"]["value"]


def test_kernels_that_cannot_be_kept_are_wrong(monkeypatch, capsys):
    monkeypatch.setattr("astraweave.model.kernels.jit.cache_folder", lambda: None)
    finding = _findings(capsys)["kernels"]
    assert not finding["ok"]
    assert "ASTRAWEAVE_CACHE_DIR" in finding["fix"]


def test_the_kernels_folder_is_told_with_its_hash(tmp_path, capsys):
    finding = _findings(capsys)["kernels"]
    assert finding["ok"]
    assert str(tmp_path / "cache") in finding["value"]


def test_missing_shipped_files_are_wrong(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(doctor, "shipped", tmp_path.joinpath)
    assert not _findings(capsys)["shipped files"]["ok"]


def test_a_display_is_told(monkeypatch, capsys):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":7")
    assert _findings(capsys)["display"]["value"] == ":7"
    monkeypatch.delenv("DISPLAY")
    assert "headless" in _findings(capsys)["display"]["value"]


def test_a_healthy_save_is_well_and_stays_as_it_is(tmp_path, capsys):
    path = tmp_path / "slot.db"
    open_memory(path).close()
    before = path.read_bytes()
    found = _findings(capsys, "--save", str(path))
    assert found["save"]["ok"]
    assert found["checksums"]["ok"]
    assert path.read_bytes() == before


def test_a_damaged_save_is_wrong():
    health = {
        "path": "slot.db", "schema": 1, "bytes": 4096, "episodes": 2, "memories": 2,
        "deployments": 0, "damaged": 1, "quarantine": 1, "structure": "ok",
        "problems": ["episode e1: checksum"],
    }  # fmt: skip
    save, checksums = doctor.check_health(health)
    assert save.ok
    assert not checksums.ok
    assert "2 damaged rows (episode e1: checksum)" in checksums.value


def test_a_save_that_is_not_there_is_bad_input_and_is_not_made(tmp_path, capsys):
    path = tmp_path / "none.db"
    assert cli.main(["doctor", "--save", str(path)]) == 2
    assert "no such save" in capsys.readouterr().err
    assert not path.exists()


def test_a_file_that_is_no_save_is_bad_input_and_untouched(tmp_path, capsys):
    path = tmp_path / "notes.db"
    path.write_text("dear diary")
    assert cli.main(["doctor", "--save", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert path.read_text() == "dear diary"


def test_an_editable_install_is_called_so(monkeypatch):
    class Found:
        def read_text(self, name):
            return '{"dir_info": {"editable": true}}' if name == "direct_url.json" else None

    monkeypatch.setattr(metadata, "distribution", lambda name: Found())
    assert doctor._how_installed("astraweave") == "editable"


def test_an_install_of_unknown_kind_is_called_so(monkeypatch):
    class Found:
        def read_text(self, name):
            return None

    monkeypatch.setattr(metadata, "distribution", lambda name: Found())
    assert doctor._how_installed("numpy") == "not from a wheel"
