"""Watching a run until it ends: a tree that grows on a terminal, lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import typer

from vrooli.cli import render
from vrooli.cli.interrupt import interruptible
from vrooli.cli.run_lines import SIGNS, RunLines
from vrooli.cli.run_tree import Line, RunTree, branches
from vrooli.cli.run_untold import AskedFor, why
from vrooli.client.work import ENDED, WorkClient
from vrooli.core.amounts import length
from vrooli.core.errors import (
    EXIT_FAILURE,
    CutOff,
    DeadlineExceeded,
    Unreachable,
    VrooliError,
)
from vrooli.core.plain import plain

if TYPE_CHECKING:
    from rich.text import Text

PATIENCE = 60.0
"""Seconds that a server may be away while we watch a run: it goes on without us."""

_AWAY = "the server does not answer; it is tried again"
_PAUSE = 0.3
_FRAMES = 8
"""A second."""

_STYLES = {"completed": "green", "failed": "red", "cancelled": "red", "begun": "cyan"}
_NAMES = 40
"""Columns of the names, at most."""

_COMMAND = "`vrooli "
_LEAST = 30
"""Columns below a row, without which a command goes on at the edge of the terminal."""

Tell = Callable[[Mapping[str, Any]], None]
Follow = Callable[[str, int], Iterator[dict[str, Any]]]


def watch(
    client: WorkClient, run: str, *, json: bool, what: str = "run", asked: bool = False
) -> None:
    """Until it ends; the exit code is that of how it did. It is a `run` or a `swarm`. Where what
    happens is what was `asked` for, it belongs on standard output, else only what the run comes to.
    """
    shows = _Shows(json, render.out if asked else render.note, asked)
    waiting = interruptible(f"the {what} goes on", f"`vrooli {what} watch {run}`")
    with waiting, _shown(client, run, shows) as screen:
        follow = client.follow if shows.tree else client.events
        found = _to_its_end(client, run, follow, screen)
    if json:
        render.out(render.written(found))
    else:
        _ended(found, what, shows.say)
    if found["status"] != "completed":
        raise typer.Exit(EXIT_FAILURE)


def told(run: Mapping[str, Any], look: str, *, json: bool) -> None:
    """A run that was started: its id, and with which command to look at it, like `run watch`."""
    if json:
        render.print_json(run)
    else:
        render.out(run["id"])
        render.note(f"  next: `{render.called_as()} {look} {run['id']}`")


@dataclass(frozen=True, slots=True)
class _Shows:
    """How what happens is shown.

    Attributes:
        json: for programs.
        say: writes a line for people.
        asked: whether those lines are what was asked for.
    """

    json: bool
    say: Callable[[str], None]
    asked: bool

    @property
    def tree(self) -> bool:
        """Whether it is drawn: only where somebody looks, and nothing else reads it."""
        reads = self.asked and not sys.stdout.isatty()
        return not (self.json or reads) and sys.stderr.isatty()


@dataclass(slots=True)
class _Screen:
    """What whoever watches is told.

    Attributes:
        tell: of each event.
        quiet: not of the server, which is for people.
        away: it has not answered since the last event.
    """

    tell: Tell
    quiet: bool = False
    away: bool = False

    def answers(self, event: Mapping[str, Any]) -> None:
        """It has told of an event."""
        self.away = False
        self.tell(event)

    def lost(self) -> None:
        """It does not answer: said once, until it does."""
        if not (self.away or self.quiet):
            render.note(f"  · {_AWAY}")
        self.away = True


@contextmanager
def _shown(client: WorkClient, run: str, shows: _Shows) -> Iterator[_Screen]:
    """Where each event goes."""
    if shows.json:
        yield _Screen(lambda event: render.out(render.written(event)), quiet=True)
    elif shows.tree:
        with _growing(client, run) as screen:
            yield screen
    else:
        to = sys.stdout if shows.asked else sys.stderr
        yield _Screen(RunLines(run, shows.say, to, AskedFor(client)).tell)


def _to_its_end(client: WorkClient, run: str, follow: Follow, screen: _Screen) -> Mapping[str, Any]:
    """The run when it has ended; what happens meanwhile is told, also across a restart of the
    server.
    """
    after, heard = 0, time.monotonic()
    while True:
        try:
            for event in follow(run, after):
                after, heard = event.get("seq", after), time.monotonic()
                screen.answers(event)
            found = client.run(run)
            screen.away = False
            if found["status"] in ENDED:
                return found  # else it went on after an end, by a retry, or the server ends
            time.sleep(_PAUSE)
        except (Unreachable, CutOff, DeadlineExceeded):
            if time.monotonic() - heard > PATIENCE:
                raise
            screen.lost()
            time.sleep(_PAUSE)


@contextmanager
def _growing(client: WorkClient, run: str) -> Iterator[_Screen]:
    """The tree, drawn anew several times a second."""
    from rich.console import Console, Group
    from rich.live import Live

    console = Console(stderr=True, highlight=False)
    found = client.run(run)
    tree = RunTree(run, _branches(client, found))
    screen = _Screen(tree.take, quiet=True)

    def drawn() -> Group:
        now, width = time.time(), console.width
        most = max(3, console.height - 3)
        rows = drawn_rows(tree.lines(now, most), width)
        away = f"  {_AWAY}" if screen.away else ""
        return Group(_cropped(f"{head(found, tree, now)}{away}", width, "bold"), *rows[-most:])

    with Live(console=console, get_renderable=drawn, refresh_per_second=_FRAMES) as live:
        yield screen
        live.refresh()


def head(run: Mapping[str, Any], tree: RunTree, now: float) -> str:
    """The first line: how it stands, and for how long it has gone on, or did until its end."""
    took = (now if tree.ended is None else tree.ended) - (run["started_at"] or run["created_at"])
    return f"{run['routine']} {run['id']}  {tree.status}  {length(took)}"


def _branches(client: WorkClient, run: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Of the definition that the run has, if that is still the newest one."""
    try:
        routine = client.routine(run["routine"])
    except VrooliError:
        return {}
    return branches(routine["definition"]) if routine["version"] == run["version"] else {}


def drawn_rows(lines: list[Line], width: int) -> "list[Text]":
    """Names in one column, as far as the terminal has room. What does not fit is cut, but for
    commands to copy: these go on below.
    """
    longest = max((len(line.guide + line.name) for line in lines if line.status), default=0)
    column = min(longest + 2, _NAMES, width // 2)
    return [row for line in lines for row in _rows(line, column, width)]


def _rows(line: Line, column: int, width: int) -> "Iterator[Text]":
    from rich.text import Text

    row, below = _row(line, column), list[str]()
    if row.cell_len > width and _COMMAND in line.says:
        row = _row(replace(line, says=""), column)
        guide = line.guide.replace("├─ ", "│  ").replace("└─ ", "   ")
        guide = guide if width - len(guide) > _LEAST else ""
        says = render.as_called(plain(line.says))
        room = width - len(guide)
        below = [f"{guide}{part}" for part in wrap(says, room, break_on_hyphens=False)]
    row.truncate(width, overflow="ellipsis")
    yield row
    for text in below:
        yield Text(text, style="dim", no_wrap=True)


def _row(line: Line, column: int) -> "Text":
    from rich.text import Text

    text = Text(line.guide, style="dim", no_wrap=True, overflow="ellipsis")
    if not line.status:
        text.append(plain(f"{line.name}  ") if line.name else "", style="bold")
        text.append(render.as_called(plain(line.says)), style="dim")
    else:
        text.append(f"{SIGNS.get(line.status, '·')} ", style=_STYLES.get(line.status, "yellow"))
        text.append(plain(line.name), style="not dim")
        text.append(" " * max(2, column + 2 - text.cell_len))
        text.append(f"{plain(line.type):<9}", style="not dim")
        text.append(f"{length(line.seconds):>9}  ", style="not dim")
        says = render.as_called(plain(line.says))
        text.append(says, style="red" if line.status == "failed" else "dim")
    return text


def _cropped(said: str, width: int, style: str) -> "Text":
    from rich.text import Text

    text = Text(plain(said), style=style, no_wrap=True)
    text.truncate(width, overflow="ellipsis")
    return text


def _ended(run: Mapping[str, Any], what: str, say: Callable[[str], None]) -> None:
    took = run_took(run)
    say(f"{run['routine']} {run['id']}: {run['status']}{f' after {took}' if took else ''}")
    if run["failure"]:
        say(f"  {why(run['failure'])}")
        render.note(f"  next: `{render.called_as()} {what} show {run['id']}`")
    if run["output"] is not None:
        render.print_json(run["output"])


def took_by_now(run: Mapping[str, Any]) -> str:
    """How long it took, or has taken so far; `-` before its beginning."""
    if run["started_at"] is None:
        return "-"
    return run_took(run) or f"{length(max(0.0, time.time() - run['started_at']))} so far"


def run_took(run: Mapping[str, Any]) -> str:
    """How long it took; empty before its end."""
    if run["started_at"] is None or run["status"] not in ENDED:
        return ""
    return length(run["ended_at"] - run["started_at"])
