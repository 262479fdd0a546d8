"""`astraweave doctor`: is this installation whole, and is that save healthy?

Reads; repairs nothing. What is wrong comes with the next step, and makes the exit code 1.
Whatever may be missing is imported late, so that this verb can say so.
"""

import argparse
import json
import os
import platform
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astraweave import __version__
from astraweave.cli.output import add_json, say, table
from astraweave.errors import SaveError
from astraweave.model.shipped import shipped

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

_REQUIRED = ("apsw", "esper", "llvmlite", "msgspec", "numba", "numpy")
_OLDEST = (3, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fact about the installation or a save. `fix` is the next step when it is not `ok`."""

    name: str
    value: str
    ok: bool = True
    fix: str | None = None


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--save", metavar="PATH", type=Path, help="also check this save file")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look, tell, and answer whether all is well."""
    findings = [finding for look in _LOOKS for finding in look()]
    details: dict[str, Any] | None = None
    if arguments.save is not None:
        details = _health(arguments.save)
        findings += check_health(details)
    well = all(finding.ok for finding in findings)
    if arguments.json:
        told = {"ok": well, "findings": [asdict(f) for f in findings], "save": details}
        say(json.dumps(told, sort_keys=True))
    else:
        say(render(findings))
    return 0 if well else 1


def render(findings: list[Finding]) -> str:
    """One line a finding, its next step below it, and one line that sums up."""
    rows = [("ok" if f.ok else "WRONG", f.name, f.value) for f in findings]
    lines = table(rows).splitlines()
    told = [
        line if finding.fix is None else f"{line}\n       → {finding.fix}"
        for line, finding in zip(lines, findings, strict=True)
    ]
    wrong = sum(not finding.ok for finding in findings)
    told.append("All is well." if not wrong else f"{wrong} of {len(findings)} need attention.")
    return "\n".join(told)


def _python() -> Iterator[Finding]:
    yield Finding(
        name="python",
        value=f"{platform.python_version()} ({sys.executable}), {platform.platform(terse=True)}",
        ok=sys.version_info >= _OLDEST,
        fix=None if sys.version_info >= _OLDEST else "use Python 3.11 or newer",
    )
    how = _how_installed("astraweave")
    yield Finding(name="astraweave", value=f"{__version__}, {how}")
    tree = shipped("behavior_trees", "companion.xml")
    found = tree.is_file()
    yield Finding(
        name="shipped files",
        value=str(tree.parent.parent),
        ok=found,
        fix=None if found else "companion.xml is missing: install astraweave again",
    )


def _packages() -> Iterator[Finding]:
    for name in _REQUIRED:
        version = _version(name)
        if version is None:
            yield Finding(name=name, value="missing", ok=False, fix=f"pip install {name}")
        else:
            yield Finding(name=name, value=f"{version}, {_how_installed(name)}")


def _store() -> Iterator[Finding]:
    try:
        with _open(":memory:") as store:
            yield Finding(name="sqlite", value=f"{store.health()['sqlite']} (inside apsw)")
    except ImportError as error:
        fix = "pip install --force-reinstall apsw numpy msgspec"
        yield Finding(name="sqlite", value=f"cannot be used: {error}", ok=False, fix=fix)


def _pygame() -> Iterator[Finding]:
    found = [f"{name} {v}" for name in ("pygame", "pygame-ce") if (v := _version(name)) is not None]
    if len(found) > 1:
        fix = "they overwrite each other: pip uninstall -y pygame pygame-ce, then install one"
        yield Finding(name="pygame", value=" and ".join(found), ok=False, fix=fix)
    elif found:
        yield Finding(name="pygame", value=found[0])
    else:
        value = 'none: the demo has no window; pip install "astraweave[demo]" gives it one'
        yield Finding(name="pygame", value=value)


def _display() -> Iterator[Finding]:
    shown = next((os.environ[n] for n in ("WAYLAND_DISPLAY", "DISPLAY") if os.environ.get(n)), None)
    if sys.platform in {"win32", "darwin"}:
        shown = "the system's"
    yield Finding(name="display", value=shown or "none: the demo plays headless")


def _kernels() -> Iterator[Finding]:
    try:
        # Only here: it imports numba.
        from astraweave.model.kernels.jit import cache_folder, kernel_hash  # noqa: PLC0415
    except ImportError as error:
        fix = "pip install --force-reinstall numba llvmlite numpy"
        yield Finding(name="kernels", value=f"cannot be compiled: {error}", ok=False, fix=fix)
        return
    folder = cache_folder()
    if folder is None:
        value = f"{kernel_hash()}, no folder to keep them: compiled anew at each start"
        fix = "set ASTRAWEAVE_CACHE_DIR to a folder of your own that can be written"
        yield Finding(name="kernels", value=value, ok=False, fix=fix)
        return
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    private = os.name != "posix" or stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
    yield Finding(
        name="kernels",
        value=f"{kernel_hash()}, {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB in {folder}",
        ok=private,
        fix=None if private else f"chmod 700 {folder}: compiled code must be nobody else's",
    )


def _health(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise SaveError(what="there is no such save", where=str(path), fix="check the path")
    # Not recovered here: that is for the game that comes back to it.
    with _open(str(path)) as store:
        return store.health()


def _open(path: str) -> "MemoryStore":
    from astraweave.memory import open_memory  # noqa: PLC0415  # apsw or numpy may be missing

    return open_memory(path, recover=False)


def check_health(health: dict[str, Any]) -> Iterator[Finding]:
    """What `MemoryStore.health` found, as findings."""
    kept = ", ".join(f"{health[name]} {name}" for name in ("episodes", "memories", "deployments"))
    yield Finding(
        name="save",
        value=f"{health['path']}: schema {health['schema']}, {health['bytes']} bytes, {kept}",
    )
    lost = health["damaged"] + health["quarantine"]
    sound = health["structure"] == "ok" and not lost
    value = f"structure {health['structure']}, {lost} damaged rows"
    if health["problems"]:
        value += f" ({health['problems'][-1]})"
    fix = "copy the save before you go on; damaged rows are set aside, the rest stays usable"
    yield Finding(name="checksums", value=value, ok=sound, fix=None if sound else fix)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _how_installed(name: str) -> str:
    """From a wheel (and for which platform), editable, or just lying on the path."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return "not installed, run from its folder"
    direct = found.read_text("direct_url.json") or ""
    if '"editable": true' in direct or '"editable":true' in direct:
        return "editable"
    tags = [
        line.removeprefix("Tag:").strip()
        for line in (found.read_text("WHEEL") or "").splitlines()
        if line.startswith("Tag:")
    ]
    return f"wheel {tags[0]}" if tags else "not from a wheel"


_LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _store,
    _pygame,
    _display,
    _kernels,
)
