"""A library of archetypes as TOML, which `load_archetypes` reads back.

Refuses nothing: a library was checked when it was made.
"""

import json

from astraweave.playstyle.archetypes import Library

HEAD = """# Kinds of player: how their actions divide over the kinds.
# kappa: how closely an episode keeps to its player's shares."""


def library_text(library: Library) -> str:
    """The file; the same library gives the same bytes."""
    lines = [HEAD, f"kappa = {library.kappa!r}"]
    if library.lapse:
        lines += ["", "[lapse]"]
        lines += [f"{kind} = {float(share)!r}" for kind, share in library.lapse.items()]
    for name, each in library.archetypes.items():
        lines += ["", f"[archetypes.{_quoted(name)}]"]
        if each.description:
            lines.append(f"description = {_quoted(each.description)}")
        lines += ["", f"[archetypes.{_quoted(name)}.kinds]"]
        lines += [f"{kind} = {float(share)!r}" for kind, share in each.kinds.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
