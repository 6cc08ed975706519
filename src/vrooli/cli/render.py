"""How things look in a terminal: tables, progress, errors. Everything that a command prints goes
through here, and has no power over the terminal afterwards: only `paint` colours.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import dumps
from typing import Any, TextIO

from vrooli.cli.tables import lay_out, wrapped
from vrooli.core.errors import VrooliError
from vrooli.core.plain import CONTROLS
from vrooli.core.plain import plain as plain
from vrooli.core.plain import plain_lines as plain_lines

_COLOURS = {
    "ok": "32", "running": "32", "healthy": "32", "healed": "32", "done": "32",
    "warning": "33", "starting": "33", "unknown": "33", "blocked": "33", "unverifiable": "33",
    "critical": "31", "failed": "31", "ineffective": "31", "relapsed": "31",
    "stopped": "2", "external": "36", "refused": "33", "unchanged": "2",
    "sent": "32", "pending": "33", "failing": "31", "folded": "2", "dropped": "2",
    "met": "32", "missed": "31", "note": "33",
}  # fmt: skip
_COMMAND = re.compile(r"(?<=`)vrooli(?=(?:-autoheal)? [a-z-]+)")
"""Texts say `vrooli up`, in backticks, wherever they name a command."""

_OURS = f"\x1b{os.urandom(8).hex()}"
"""How our colours begin until they are printed: no text of others can know that."""

_SIGNS = {
    "healthy": "✓",
    "started": "✓",
    "unchanged": "·",
    "stopped": "✓",
    "failed": "✗",
    "blocked": "⊘",
    "refused": "✗",
}


def out(text: str = "") -> None:
    """Lines on standard output, without power over the terminal."""
    sys.stdout.write(_harmless(text) + "\n")
    sys.stdout.flush()


def prose(text: str, before: str = "", indent: str = "  ") -> None:
    """Text for people on standard output, on a terminal in lines that fit, those after the first
    indented. Where somebody may copy what it says, `out` it: a broken line is no command.
    """
    for line in plain_lines(text).split("\n"):
        fits = sys.stdout.isatty()
        out("\n".join(wrapped(line, columns(), before, indent)) if fits else before + line)
        before = indent


def fields(rows: Mapping[str, Any], room: int) -> None:
    """Each that has a value in lines of its own, behind its name in `room` columns."""
    for name, value in rows.items():
        label = f"{name:<{room}}"
        if _OURS in str(value):  # a word with its colour
            out(label + str(value))
        elif value:
            prose(str(value), label, " " * room)


def write(text: str) -> None:
    """Text on standard output as it is, whatever it does to a terminal; with no line of its own."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_bytes(data: bytes) -> None:
    """Bytes on standard output, whatever they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """The same for people on standard error: never mixed into what a script reads."""
    sys.stderr.write(_harmless(text) + "\n")
    sys.stderr.flush()


def _harmless(text: str) -> str:
    return "\x1b".join(map(plain_lines, text.split(_OURS)))


def print_json(data: Any) -> None:
    """Pure JSON."""
    out(written(data, indent=2))


def written(data: Any, indent: int | None = None) -> str:
    """It as JSON; what controls a terminal is written as an escape, which says the same."""
    text = dumps(data, indent=indent, ensure_ascii=False)
    lines = text.split("\n")  # in a text of it there is none
    return "\n".join(CONTROLS.sub(lambda one: f"\\u{ord(one[0]):04x}", line) for line in lines)


def print_error(error: VrooliError, *, json: bool = False) -> None:
    """What happened, where, and what to do next; on standard error. With `json` also as
    `{"error": {message, where, next_step, retryable}}` on standard output, as the APIs tell it.
    """
    if json:
        fields = ("where", "next_step", "retryable")
        told = {name: getattr(error, name) for name in fields}
        print_json({"error": {"message": error.what, **told}})
    place = f"{error.where}: " if error.where else ""
    note(f"{paint('error', 'critical', sys.stderr)}: {plain_lines(place + as_called(error.what))}")
    advise(error.next_step)


def advise(next_step: str) -> None:
    """What to do next, on standard error; nothing when there is nothing."""
    if next_step:
        note(f"  next: {plain_lines(as_called(next_step))}")


def paint(text: str, word: str, stream: TextIO | None = None) -> str:
    """`text` in the colour of a status word, where colours are wanted (https://no-color.org), for
    `out` or `note`.
    """
    stream = stream or sys.stdout
    code = _COLOURS.get(word)
    if code is None or "NO_COLOR" in os.environ or not stream.isatty():
        return text
    return f"{_OURS}[{code}m{text}{_OURS}[0m"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, below: bool = False) -> None:
    """Columns as wide as their content, as far as the terminal is; see `tables.lay_out`. Words are
    coloured in the columns that tell how something stands.
    """
    body = [[plain(str(cell)) for cell in row] for row in rows]
    for line in lay_out(titles, body, columns(), below=below):
        out("".join(cell.before + paint(cell.text, cell.word) for cell in line).rstrip())


def columns() -> int:
    """How wide a line may be: the terminal's width; a file has no edge."""
    if not sys.stdout.isatty():
        return 10_000
    # `shutil` would ask the stream of the start, which no longer holds the terminal.
    return os.get_terminal_size(sys.stdout.fileno()).columns or 160


def print_csv(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Comma-separated values, a missing one empty; no text of them is run by a spreadsheet."""
    import csv

    from vrooli.core.cells import defused

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(titles)
    for row in rows:
        writer.writerow(defused(cell) if isinstance(cell, str) else cell for cell in row)
    sys.stdout.flush()


def follow(progress: Iterator[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Show progress lines as they come; the last line, which says how it ended. Ctrl-C ends the
    watching, not the work.
    """
    from vrooli.cli.bar import Bar
    from vrooli.stack.progress import measured

    last: Mapping[str, Any] = {"done": True, "ok": False}
    said: dict[str, str] = {}
    with Bar(note) as bar:
        for line in progress:
            if line.get("done"):
                last = line
                continue
            far = measured(line)
            if far is None:
                bar.end()
            elif not bar.due(far):
                continue
            known = said.get(line["service"]) == line["message"]
            _step({**line, "message": ""} if known else line)  # one trouble may fail two steps
            said[line["service"]] = line["message"]
    return last


def _step(line: Mapping[str, Any]) -> None:
    phase, name = str(line["phase"]), str(line["service"])
    sign = paint(_SIGNS.get(phase, "…"), phase, sys.stderr)
    took = f"  {line['seconds']:.2f} s" if line["seconds"] else ""
    said = str(line["message"]).removeprefix(f"{name}: ")  # the line begins with it
    head, *rest = as_called(said).splitlines() or [""]
    tail = f"  {head}" if head else ""
    note(f"  {sign} {name:<14} {paint(f'{phase:<10}', phase, sys.stderr)}{took}{tail}")
    for more in rest:
        note(f"      {more}")


def called_as() -> str:
    """How the reader calls `vrooli`: a checkout has `./vrooli`, an installation on the PATH
    `vrooli`, any other its whole path.
    """
    said = os.environ.get("VROOLI_CALLED_AS") or sys.argv[0]
    command = said.removesuffix("-autoheal")
    if os.path.basename(command) != "vrooli":  # `python -m vrooli`, a test
        return "vrooli"
    return "vrooli" if shutil.which("vrooli") == os.path.abspath(command) else command


def as_called(text: str) -> str:
    """`text` with the commands in it as the reader can type them."""
    command = called_as()
    return text if command == "vrooli" else _COMMAND.sub(lambda _: command, text)


def until(at: float, now: float | None = None) -> str:
    """The same for a time to come."""
    return ago(time.time() if now is None else now, at)


def ago(at: float | None, now: float | None = None) -> str:
    """A time as its distance from now: `3 s`, `5 min`, `2 h`, `4 d`."""
    if not at:
        return "-"
    seconds = max(0.0, (time.time() if now is None else now) - at)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def time_left(end: float) -> str:
    """How long something still holds."""
    return f"{until(end)} left" if end > time.time() else f"over {ago(end)} ago"


def clock(at: float) -> str:
    """A time of this machine's zone as people read it; the year where it is not this one."""
    then = time.localtime(at)
    this_year = then.tm_year == time.localtime().tm_year
    return time.strftime("%m-%d %H:%M:%S" if this_year else "%Y-%m-%d %H:%M", then)


def iso(at: float | None) -> str:
    """A time as programs read it: ISO 8601 with its zone, to the millisecond; empty for None."""
    if at is None:
        return ""
    from datetime import datetime

    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="milliseconds")
