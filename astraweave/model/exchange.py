"""Episodes of any game, from JSON Lines: one `Episode` a line, oldest first.

Everything in such a file is hostile. Refuses lines over 16 MiB, unknown keys, wrong types, numbers
that no float can hold, texts that cannot be printed, time that runs backwards, tables that would
not fit in memory, and names that the game has not declared.
"""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import BinaryIO

import msgspec

from astraweave.errors import EpisodeError, RecordError
from astraweave.model.actions import ActionVocabulary, nearest
from astraweave.model.episode import CompanionResponse, Episode, Scalar
from astraweave.model.facts import FactSheet
from astraweave.model.lines import Line, read_values
from astraweave.model.sources import TRUST, source_of

MAX_OBSERVATIONS = 100_000
MAX_NAMES = 10_000
MAX_CELLS = 4_000_000
MAX_TEXT = 10_000
MAX_NUMBER = sys.float_info.max
"""Of whole numbers, which JSON writes as long as it likes."""


def read_episodes(stream: BinaryIO, where: str = "episodes") -> Iterator[Line[Episode]]:
    """Each line with its episode, or with what is wrong with it; empty ones are passed over.

    Args:
        stream: bytes of UTF-8; never more than one line of it is held.
        where: name of the file, for messages.
    """
    decode = msgspec.json.Decoder(Episode).decode
    return read_values(stream, where, lambda text: checked_episode(decode(text)), "Episode")


def checked_episode(episode: Episode) -> Episode:
    """The episode, if it could be a game's.

    Raises:
        EpisodeError: see the module.
    """
    _check_shape(episode)
    _check_times(episode)
    source = source_of(episode.tags)
    if source not in TRUST:
        fix = nearest(source, tuple(TRUST))
        raise EpisodeError(what=f"unknown source {source!r}", where="$.tags", fix=fix)
    return episode


def check_episode(
    episode: Episode,
    *,
    vocabulary: ActionVocabulary,
    sheet: FactSheet,
    tactics: Collection[str] | None = None,
) -> None:
    """Check an episode against what its game declares.

    Args:
        episode: from `read_episodes`.
        vocabulary: every action of the player must be in it.
        sheet: if it declares any fact, every number of a world state must be one, in its range.
        tactics: if given, every tactic the companion chose or could have chosen must be among them.

    Raises:
        EpisodeError: the first name or number that does not fit, and where it stands.
    """
    for i, seen in enumerate(episode.observations):
        at = f"$.observations[{i}]"
        action = seen.player_action
        if action is not None and action.action_type not in vocabulary:
            raise EpisodeError(
                what=f"action {action.action_type!r} is not declared",
                where=at,
                fix=vocabulary.nearest(action.action_type),
            )
        if len(sheet):
            _check_facts(seen.world_state, sheet, at)
        if tactics is not None and seen.companion_response is not None:
            _check_tactics(seen.companion_response, tactics, at)


def _check_facts(world: Mapping[str, Scalar], sheet: FactSheet, where: str) -> None:
    for name, value in world.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        try:
            sheet.check(name, value)
        except RecordError as error:
            at = f"{where}.world_state"
            raise EpisodeError(what=error.what, got=error.got, where=at, fix=error.fix) from error


def _check_tactics(response: CompanionResponse, tactics: Collection[str], where: str) -> None:
    named = (
        response.available if response.tactic is None else (response.tactic, *response.available)
    )
    for name in named:
        if name not in tactics:
            raise EpisodeError(
                what=f"the tree has no tactic {name!r}",
                where=f"{where}.companion_response",
                fix=nearest(name, tuple(tactics)),
            )


def _check_shape(episode: Episode) -> None:
    """Refuse what would not fit in columns, before anything of that size is made."""
    count = len(episode.observations)
    facts: set[str] = set()
    names: set[str | None] = set()
    _check_texts((episode.id, episode.player_id, episode.companion_id, *episode.tags), "$")
    for i, seen in enumerate(episode.observations):
        facts.update(seen.world_state)
        _check_values(seen.world_state, i, "world_state")
        action, response = seen.player_action, seen.companion_response
        if action is not None:
            names.update((action.action_type, action.target))
            names.update(action.parameters)
            _check_values(action.parameters, i, "player_action.parameters")
        if response is not None:
            names.update((response.action_type, response.tactic, response.node))
            names.update(response.available)
    named = [name for name in names if name is not None]
    _check_texts((*facts, *named), "$.observations")
    sizes = (
        (count, MAX_OBSERVATIONS, "observations"),
        (len(named) + len(facts), MAX_NAMES, "different names"),
        (count * len(facts), MAX_CELLS, "observations × facts"),
    )
    for size, most, what in sizes:
        if size > most:
            fix = "cut it into several episodes"
            raise EpisodeError(what=f"at most {most:,} {what} an episode", got=f"{size:,}", fix=fix)


def _check_values(values: Mapping[str, Scalar], i: int, field: str) -> None:
    for name, value in values.items():
        kind = type(value)
        if kind is str:
            _check_texts((value,), f"$.observations[{i}].{field}")  # type: ignore[arg-type]
        elif kind is int and not -MAX_NUMBER <= value <= MAX_NUMBER:  # type: ignore[operator]
            at = f"$.observations[{i}].{field}"
            what = f"{at}: {name!r} must be within ±{MAX_NUMBER:.4g}"
            got = f"a number of {len(str(value))} digits"
            raise EpisodeError(what=what, got=got, fix="scale it")


def _check_texts(texts: Iterable[str], where: str) -> None:
    for text in texts:
        if len(text) > MAX_TEXT or not text.isprintable():
            what = f"{where}: a text must be printable and at most {MAX_TEXT:,} characters long"
            raise EpisodeError(what=what, got=ascii(text), fix="clean or shorten it")


def _check_times(episode: Episode) -> None:
    """Time only goes forward, and a choice is one of those that could be made."""
    if episode.end_time is not None and episode.end_time < episode.start_time:
        fix = "end_time is seconds since 1970, as start_time is"
        raise EpisodeError(what="$.end_time is before $.start_time", got=episode.end_time, fix=fix)
    before = 0
    for i, seen in enumerate(episode.observations):
        at = f"$.observations[{i}]"
        if seen.timestamp_ms < before:
            what = f"{at}.timestamp_ms is before the {before} of the observation above it"
            raise EpisodeError(what=what, got=seen.timestamp_ms, fix="sort observations by time")
        before = seen.timestamp_ms
        response = seen.companion_response
        if response is not None and response.available:
            chosen = response.tactic
            if chosen not in response.available:
                what = f"{at}.companion_response: tactic must be one of available"
                fix = "available holds every tactic that could have been chosen"
                raise EpisodeError(what=what, got=chosen, fix=fix)
