"""The house rules that no linter keeps."""

import ast
import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import astraweave

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 350
SOURCES = ("astraweave", "behavior_trees", "bench", "demos", "scripts", "tests")
README_LINES = (
    'pip install ".[demo]" && astraweave demo          '
    "# a window: play beside Mira; close it; run it again: she remembers",
    'pip install -e ".[dev]" && pytest                 # the tests',
)


def _sources():
    return sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))


def _tracked():
    """Files git knows, else (in an unpacked sdist) every text file that ships."""
    if (ROOT / ".git").exists():
        done = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, timeout=600
        )
        names = [name for name in done.stdout.decode().split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return _sources()


def _project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_no_file_is_longer_than_a_person_reads_in_one_go():
    long = {}
    for path in _sources():
        with path.open(encoding="utf-8") as stream:
            lines = sum(1 for _ in stream)
        if lines > MAX_LINES:
            long[str(path.relative_to(ROOT))] = lines
    assert not long


def test_the_public_names_are_sorted():
    assert list(astraweave.__all__) == sorted(astraweave.__all__)
    assert len(set(astraweave.__all__)) == len(astraweave.__all__)


@pytest.mark.parametrize("name", astraweave.__all__)
def test_every_public_name_can_be_had(name):
    assert getattr(astraweave, name) is not None
    assert name in dir(astraweave)


def test_the_public_names_are_those_a_type_checker_sees():
    tree = ast.parse(Path(astraweave.__file__).read_text("utf-8"))
    guards = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    seen = {
        alias.asname or alias.name
        for guard in guards
        for node in ast.walk(guard)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen | {"__version__"} == set(astraweave.__all__)


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = astraweave.nothing


def _packages():
    found = pkgutil.walk_packages(astraweave.__path__, "astraweave.")
    return sorted(info.name for info in found if info.ispkg)


@pytest.mark.parametrize("name", _packages())
def test_every_package_s_public_names_are_sorted_and_exist(name):
    needed = ("gymnasium", "pettingzoo") if name == "astraweave.rl" else ()
    if not all(map(importlib.util.find_spec, needed)):
        pytest.skip('needs pip install "astraweave[rl]"')
    module = importlib.import_module(name)
    names = list(getattr(module, "__all__", ()))
    # As the linter sorts them: constants, then classes, then functions.
    kinds = [0 if n.isupper() else 1 if n[:1].isupper() else 2 for n in names]
    assert list(zip(kinds, names, strict=True)) == sorted(zip(kinds, names, strict=True))
    assert all(hasattr(module, public) for public in names)


def test_importing_the_package_pulls_in_nothing_heavy():
    code = (
        "import sys, astraweave; dir(astraweave)\n"
        "heavy = {'numba', 'pygame', 'esper', 'gymnasium', 'pettingzoo'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=600)


@pytest.mark.parametrize("line", README_LINES)
def test_the_readme_holds_the_two_lines_as_written(line):
    assert line in (ROOT / "README.md").read_text("utf-8").splitlines()


def test_the_version_is_the_same_everywhere():
    version = _project()["version"]
    assert astraweave.__version__ == version
    newest = re.search(r"^## \[?(\d[^\]\s]*)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest is not None
    assert newest[1] == version


def test_the_lock_is_of_this_project():
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    (own,) = [package for package in lock["package"] if package["name"] == "astraweave"]
    assert own["version"] == _project()["version"]
    declared = {re.split(r"[^\w-]", text)[0] for text in _project()["dependencies"]}
    assert {found["name"] for found in own["dependencies"]} == declared
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text("utf-8")))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}


def test_no_file_names_a_place_on_somebody_s_machine():
    # Spelt in parts, or this file would be found.
    places = re.compile(rb"/(?:home|Users)/[a-z]\w+/|/" + rb"work/|/" + rb"root/|[A-Z]:\\\\Users")
    found = {}
    for path in _tracked():
        data = path.read_bytes()
        hit = None if b"\0" in data[:8192] else places.search(data)
        if hit:
            found[str(path.relative_to(ROOT))] = hit[0]
    assert not found


def test_nothing_shipped_was_copied_into_the_package():
    assert not (ROOT / "astraweave" / "_shipped").exists()
