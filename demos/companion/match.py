"""Fight after fight in the window: preparing, ready, fight, over. Draws nothing.

Each frame it plays at most three ticks and looks at the desk; it never waits for anything.
"""

import sys
from typing import TYPE_CHECKING

from astraweave.cli.output import say, say_json
from astraweave.memory import MemoryStore
from companion.controls import Controls
from companion.desk import Desk
from companion.effects import Effects
from companion.options import Options
from companion.panel import Shown
from companion.picture import Stage
from companion.session import TICKS_A_SECOND, Fought, Session
from companion.summary import ending, facts, fight_line, remembered
from companion.tape import Rerun, Take, Tape
from companion.view import scene_of

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME_S = 1.0 / TICKS_A_SECOND
MOST_TICKS = 3
NOTE_FRAMES, ASK_AGAIN_FRAMES = 4 * TICKS_A_SECOND, 3 * TICKS_A_SECOND
NEXT_AFTER_FRAMES = 150
WELCOME = (
    "Mira fights beside you, remembers every fight, and learns what helps you.",
    "The panel shows what she believes of you; each change is proved safe first.",
)
FIRST_START = (
    "The first start compiles the game's rules for this machine.",
    "That takes half a minute, once.",
)


class Match:
    """What is going on.

    Attributes:
        mode: preparing, ready, fight or over. stage: what the picture shows. going: False when
        all that was asked for is done, or the player quits. fights: begun so far. same: whether
        what was replayed is the same episode, None before its end.
    """

    def __init__(self, options: Options, memory: MemoryStore, take: Take | None = None) -> None:
        """Begin to prepare; with a take, to play just that again."""
        self._options, self._memory, self._bot = options, memory, options.bot()
        self.same: bool | None = None
        self._take, self._tape = take, None if options.record is None else Tape(options.record)
        watched = None if self._bot is None else self._bot.name
        if take is not None:
            watched = f"what {take.player} did then"
        self.stage = Stage(over="preparing", watched=watched)
        self.mode, self.going, self.fights = "preparing", True, 0
        self.session: Session | None = None
        self.desk = Desk()
        self._coming = self.desk.prepare(self._make)
        self._paused = self._help = False
        self._frame = self._since = self._note_until = self._reset_until = 0
        self._late = 0.0
        self._fought: list[Fought] = []

    def _make(self) -> Session:
        if self._take is not None:
            return Rerun(self._memory, self._take)
        session = Session(
            self._memory,
            player=self._options.player,
            seed=self._options.seed,
            bot=self._bot,
        )
        session.tape = self._tape
        return session

    def close(self) -> None:
        """Keep what was played; closing again does nothing."""
        self.desk.close()
        session = self.session or self._coming.result()
        self.session, self.going = None, False
        if session is not None and session.open:
            if self.desk.busy:
                sys.stderr.write("astraweave: finishing what is being learned\n")
            playing = session.playing
            if isinstance(session, Rerun):
                self.same = session.same()
            else:
                session.close()
            if playing:
                self._keep(session)()
            if self._options.json and self._take is None:
                seed, before = self._options.seed, session.number - len(self._fought)
                say_json(facts(session, self._fought, seed=seed, before=before))

    def _keep(self, session: Session) -> "Callable[[], None]":
        """What writes the last fight down, if it is recorded; it waits for the save."""
        tape = self._tape
        if tape is None:
            return lambda: None
        episode, taken = session.episode, tape.taken()
        return lambda: tape.keep(session, episode, taken)

    def _say(self, *lines: str) -> None:
        if not self._options.json:
            for line in lines:
                say(line)
            sys.stdout.flush()

    # -- commands ------------------------------------------------------------------------------

    def command(self, action: str) -> bool:
        """Do what a key stands for outside the fight; whether it stands for anything there."""
        commands: dict[str, Callable[[], None]] = {
            "quit": self._quit,
            "panel": self._toggle_panel,
            "pause": self._toggle_pause,
            "help": self._toggle_help,
            "next": self.begin,
            "freeze": self._freeze,
            "undo": self._undo,
            "reset": self._reset,
        }
        found = commands.get(action)
        if found is not None:
            found()
        return found is not None

    def _quit(self) -> None:
        if self._help:
            self._help = False
        else:
            self.going = False

    def _toggle_panel(self) -> None:
        self.stage.panel = not self.stage.panel

    def _toggle_pause(self) -> None:
        self._paused = not self._paused and self.mode == "fight"

    def _toggle_help(self) -> None:
        self._help = not self._help

    def _freeze(self) -> None:
        session, status = self.session, self.desk.status
        if session is None or status is None:
            return
        if status.frozen:
            self.desk.ask(session, session.learner.thaw, "Thawed: Mira changes again")
        else:
            self.desk.ask(session, session.learner.freeze, "Frozen: Mira stays as she is")

    def _undo(self) -> None:
        if self.session is not None:
            done = "Undone: from the next fight on she plays as before"
            self.desk.ask(self.session, self.session.learner.undo, done)

    def _reset(self) -> None:
        if self.session is None:
            return
        if self._frame > self._reset_until:
            self._reset_until = self._frame + ASK_AGAIN_FRAMES
            self._note("Press again to forget all that Mira has learned to do")
        else:
            self._reset_until = 0
            done = "Reset: the designer's weights again"
            self.desk.ask(self.session, self.session.learner.reset, done)

    def begin(self) -> None:
        """Begin the next fight, if one may begin now."""
        session = self.session
        if session is None or self.mode not in ("ready", "over") or self.all_fought:
            return
        session.begin()
        self.fights += 1
        most = self._options.episodes
        of = "" if most is None else f" ({self.fights} of {most})"
        self.stage.title = f"Fight {session.number + 1}{of}"
        self.stage.over, self.mode, self._late = None, "fight", 0.0
        self.stage.effects = Effects()
        self._look_at(session)

    @property
    def all_fought(self) -> bool:
        """Whether as many fights were begun as were asked for."""
        return self._options.episodes is not None and self.fights >= self._options.episodes

    # -- one frame -----------------------------------------------------------------------------

    def step(self, passed: float, controls: Controls, *, drawn: bool) -> None:
        """One frame, `passed` seconds after the last.

        Args:
            passed: seconds.
            controls: what the player wants.
            drawn: whether every sprite was made, so that fights may begin.
        """
        self._frame += 1
        if self.session is None:
            self._prepare(drawn=drawn)
        else:
            self.desk.look(self.session)
            if self.desk.notes:
                self._note(self.desk.notes.pop(0))
            if self.mode == "fight" and not self._paused and not self._help:
                self._play(self.session, passed, controls)
            elif self.mode == "over":
                self._rest()
        self._set_stage()

    def _prepare(self, *, drawn: bool) -> None:
        stage = self.stage
        stage.progress = self._frame / 150.0
        # The first seconds are the loading that every start needs.
        if self._frame > 4 * TICKS_A_SECOND:
            stage.lines = FIRST_START
        if not drawn or not self._coming.done():
            return
        session = self.session = self._coming.result()
        if session is None:
            return
        known = remembered(session, self.desk.status)
        if self._take is None:
            self._say(*known)
        self._look_at(session)
        stage.lines = (WELCOME[0], known[-1] if known else WELCOME[1])
        self.mode = stage.over = "ready"
        if session.bot is not None or self._take is not None:
            self.begin()

    def _play(self, session: Session, passed: float, controls: Controls) -> None:
        """As many ticks as time has passed, three at most: then the fight slows down."""
        near = abs(passed - FRAME_S) < 0.25 * FRAME_S
        self._late = FRAME_S if near else min(self._late + passed, MOST_TICKS * FRAME_S)
        while self._late >= FRAME_S - 1e-9:
            self._late -= FRAME_S
            wish = session.wish_of_tape() if isinstance(session, Rerun) else controls.wish()
            if wish is None:
                # It was closed in the middle of the fight, and so is this.
                self.going = False
                return
            goes_on = session.frame(wish)
            did = session.duel.did
            if did is not None:
                controls.started(did.name)
            self._look_at(session)
            if not goes_on:
                self._end(session)
                return

    def _look_at(self, session: Session) -> None:
        scene = scene_of(session.duel, session.tactic, session.scenario.seconds)
        self.stage.effects.see(scene)
        self.stage.scene = scene

    def _end(self, session: Session) -> None:
        fought = session.end()
        if self._take is None:
            self.desk.later(self._keep(session))
            self.desk.learn(session)
        self.mode, self._since = "over", self._frame
        self.stage.over = "over"
        title = ending(fought)
        after = "N or Return: next fight" if self._bot is None else "The next fight begins soon."
        after = "That was the last one." if self.all_fought else after
        thinks = "Mira thinks about it…" if self._take is None else "A recording, to its end."
        self.stage.lines = (title[:1].upper() + title[1:], thinks, after)
        self._fought.append(fought)
        if self._take is None:
            self._say(fight_line(fought, "learning"))

    def _rest(self) -> None:
        title, _, after = self.stage.lines
        report = self.desk.report
        if report is not None:
            self.stage.lines = (title, report.message, after)
        rested = self._frame - self._since > NEXT_AFTER_FRAMES
        if self.all_fought:
            self.going = self.going and not (rested and not self.desk.busy)
        elif self._bot is not None and rested:
            self.begin()

    def _note(self, text: str) -> None:
        self.stage.note, self._note_until = text, self._frame + NOTE_FRAMES

    def _set_stage(self) -> None:
        stage, status = self.stage, self.desk.status
        if self._frame > self._note_until:
            stage.note = ""
        if status is not None and self.session is not None:
            dots = "." * (1 + self._frame // 30 % 3)
            stage.shown = Shown(status, f"learning{dots}" if self.desk.busy else "")
        stage.above = "help" if self._help else "paused" if self._paused else None
