"""The command's frame: verbs, exit codes, one-line errors."""

import importlib
import os
import subprocess
import sys
import types

import pytest

from astraweave import __version__, cli
from astraweave.errors import SaveError, StoreError


@pytest.fixture
def verb(monkeypatch):
    """Put a verb of the test's own in the table; the function it returns decides what it does."""

    def put(run, configure=lambda parser: None):
        module = types.ModuleType("astraweave.cli.probe")
        module.run, module.configure = run, configure
        monkeypatch.setitem(sys.modules, "astraweave.cli.probe", module)
        monkeypatch.setitem(cli.VERBS, "probe", "looks")

    return put


def _raises(error):
    def run(arguments):
        raise error

    return run


def test_every_verb_has_its_module_with_the_two_functions():
    for name in cli.VERBS:
        module = importlib.import_module(f"astraweave.cli.{name}")
        assert callable(module.configure), name
        assert callable(module.run), name


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_verb_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    assert f"usage: astraweave {name}" in capsys.readouterr().out


def test_help_lists_every_verb(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert all(f"\n    {name}" in out for name in cli.VERBS)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from astraweave.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'numba', 'apsw', 'msgspec', 'esper', 'pygame'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=600)


def test_without_a_verb_the_help_is_an_error(capsys):
    assert cli.main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "VERB" in captured.err


def test_version_is_the_package_s(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"astraweave {__version__}\n"


@pytest.mark.parametrize("given", [["fly"], ["--fly"], ["doctor", "--fly"], ["doctor", "--save"]])
def test_wrong_arguments_are_one_line_and_exit_2(given, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(given)
    captured = capsys.readouterr()
    assert stop.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("astraweave: ")
    assert captured.err.count("\n") == 1
    assert "--help" in captured.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SaveError(what="not a save", where="a.db"), 2),
        (StoreError(what="the disk is full"), 1),
        (FileNotFoundError(2, "No such file", "x.toml"), 2),
        (OSError(28, "No space left on device"), 1),
        (ModuleNotFoundError("No module named 'pygame'"), 1),
    ],
)
def test_errors_are_one_line_without_a_traceback(verb, error, code, capsys):
    verb(_raises(error))
    assert cli.main(["probe"]) == code
    err = capsys.readouterr().err
    assert err.startswith("astraweave: ")
    assert err.count("\n") == 1


def test_an_error_over_several_lines_is_told_on_one(verb, capsys):
    verb(_raises(OSError(5, "line one\nline two", "a\nfile")))
    assert cli.main(["probe"]) == 2
    assert capsys.readouterr().err == "astraweave: a file: line one line two\n"


def test_a_bug_is_not_dressed_up_as_an_answer(verb):
    verb(_raises(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError):
        cli.main(["probe"])


def test_an_interrupt_ends_with_130(verb, capsys):
    verb(_raises(KeyboardInterrupt()))
    assert cli.main(["probe"]) == 130
    assert capsys.readouterr().err == "\nastraweave: interrupted\n"


def test_the_verb_s_answer_is_the_exit_code(verb, capsys):
    def configure(parser):
        parser.add_argument("--times", type=int)

    verb(lambda arguments: arguments.times, configure)
    assert cli.main(["probe", "--times", "1"]) == 1
    assert cli.main(["probe", "--times", "0"]) == 0


@pytest.mark.skipif(os.name != "posix", reason="pipes that break are POSIX's")
def test_a_reader_that_has_seen_enough_is_no_error():
    code = (
        "import sys; from astraweave import cli\n"
        "import types; probe = types.ModuleType('probe')\n"
        "probe.configure = lambda parser: None\n"
        "def run(arguments):\n"
        "    for _ in range(100_000): sys.stdout.write('a line of text\\n')\n"
        "    return 0\n"
        "probe.run = run; sys.modules['astraweave.cli.probe'] = probe\n"
        "cli.VERBS['probe'] = 'looks'\n"
        "sys.exit(cli.main(['probe']))"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"a line of text\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(600) == 141


def test_the_module_runs_like_the_command():
    command = [sys.executable, "-m", "astraweave", "--version"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    assert done.stdout == f"astraweave {__version__}\n"
