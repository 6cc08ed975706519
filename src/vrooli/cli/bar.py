"""How far something is that takes long: a bar on a terminal, a line now and then elsewhere.

On a terminal the bar is there while bytes are counted, and is gone before anything else is said.
The cursor is never hidden, so that nothing has to bring it back, whatever ends the command.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from vrooli.core.plain import plain
from vrooli.core.sizes import rough_size
from vrooli.stack.durations import rough_duration
from vrooli.stack.pace import Measured, Pace

if TYPE_CHECKING:
    from rich.progress import Progress, Task

LINES_EVERY = 5.0
"""Seconds between two lines where there is no terminal."""

NARROW = 60
"""Columns below which shares are shown in the place of bytes."""

_FRAMES = 4


class Bar:
    """Shows it; to be entered, and then called from any thread.

    Args:
        say: takes lines: those that measure nothing, and the others where there is no terminal.
        quiet: nothing is said of how far it is, as for `--json`.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._quiet, self._clock = say, quiet, clock
        self._lock = threading.RLock()
        self._over = False
        self._shown: Progress | None = None
        self._of = ""
        self._pace: tuple[str, int, Pace] | None = None
        self._at, self._tenth = clock(), 0

    def __enter__(self) -> Self:
        """See the class."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The bar is gone, and does not come again: a thread may still work where Ctrl-C ended the
        waiting for it.
        """
        with self._lock:
            self._over = True
            self.end()

    def told(self, line: str) -> None:
        """Show a line of how far it is, or say any other."""
        if not isinstance(line, Measured):
            self.end()
            self._say(line)
        elif self.due(line):
            self._say(str(line))

    def at(self, of: str, done: int, total: int) -> None:
        """Show that so many bytes of `of` are done; of 0 where nobody knows of how many."""
        with self._lock:
            if self._pace is None or self._pace[:2] != (of, total):
                self._pace = (of, total, Pace(total, self.told, f"{of}: "))
            pace = self._pace[2]
        pace(done)

    def due(self, line: Measured) -> bool:
        """Show it on a terminal; elsewhere whether it is to be said now."""
        with self._lock:
            if self._quiet or self._over:
                return False
            if _on_terminal():
                self._draw(line)
                return False
            now, tenth = self._clock(), _tenth(line)
            if now - self._at < LINES_EVERY or (line.total and tenth == self._tenth):
                return False
            self._at, self._tenth = now, tenth
            return True

    def end(self) -> None:
        """The bar is gone; the next number brings another one."""
        with self._lock:
            if self._shown is not None:
                self._shown.stop()
            self._shown = None

    def _draw(self, line: Measured) -> None:
        if self._shown is None or self._of != line.of:
            self.end()
            self._of, self._shown = line.of, _progress()
            title = plain(line.of.strip(" :")) or "done"
            self._shown.add_task(title, total=line.total or None, completed=line.done)
            self._shown.start()
        (task,) = self._shown.tasks
        task.total = line.total or None  # an estimate may turn out too small; the rate stays known
        self._shown.update(task.id, completed=line.done)


def _tenth(line: Measured) -> int:
    return 10 * line.done // line.total if line.total else 0


def _on_terminal() -> bool:
    """Whether standard error is one that can go back in a line."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Still(Console):
        """One whose cursor stays."""

        def show_cursor(self, show: bool = True) -> bool:
            return False

    class Words(ProgressColumn):
        """What a function says of it."""

        def __init__(self, words: "Callable[[Task], str]") -> None:
            super().__init__(Column(no_wrap=True, justify="right"))
            self._words = words

        def render(self, task: "Task") -> Text:
            return Text(self._words(task))

    console = Still(stderr=True, highlight=False)
    much = share if console.width < NARROW else amount
    title = TextColumn(
        "  {task.description}",
        markup=False,
        table_column=Column(no_wrap=True, overflow="ellipsis"),
    )
    columns = (title, BarColumn(None), Words(much), Words(rate), Words(left))
    # Standard output may go elsewhere: what is said there must not come here.
    return Progress(
        *columns,
        console=console,
        refresh_per_second=_FRAMES,
        transient=True,
        redirect_stdout=False,
        expand=True,
    )


def amount(task: "Task") -> str:
    """Bytes that are done, and of how many."""
    done = rough_size(task.completed)
    return f"{done} of {rough_size(task.total)}" if task.total else done


def share(task: "Task") -> str:
    """The same where there is little room."""
    return f"{task.percentage:.0f} %" if task.total else rough_size(task.completed)


def rate(task: "Task") -> str:
    """How fast it goes; nothing until that is known."""
    speed = task.finished_speed or task.speed
    return f"{rough_size(speed)}/s" if speed else ""


def left(task: "Task") -> str:
    """How long it still takes, as far as that is known."""
    seconds = task.time_remaining
    return f"{rough_duration(seconds)} left" if seconds and task.total else ""
