"""`vrooli logs`: what a service says."""

import codecs
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.stack.logs import size, tail
from vrooli.stack.nearest import did_you_mean

_HELP = """
Show the log of a service.

Examples:

  vrooli logs server

  vrooli logs server -n 200

  vrooli logs server -f        follow until Ctrl-C
"""

_PAUSE = 0.2
"""Seconds between two looks at a followed file."""

_REMEMBERED = 16 * 1024
"""Bytes shown last that are remembered: more than a rotation leaves in place."""

_AT_ONCE = 1024 * 1024
"""Bytes in memory at a time."""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HELP)
    def logs(
        name: Annotated[str, typer.Argument(help="The service.")],
        follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on showing.")] = False,
        lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many.")] = 50,
        file: Annotated[str | None, typer.Option("--file", help="The stack file.")] = None,
    ) -> None:
        home = kit.home(kit.stack_file(Path(file) if file else None))
        path = log_file(kit, home, name)
        for line in tail(path, lines):
            render.out(line)
        if follow:
            Follower(path).for_ever()


def log_file(kit: Kit, home: Home, said: str) -> Path:
    """The log file of a service as it was said; `UsageError` for one that is not in the stack."""
    stack = kit.compiled(home)
    known = [*stack.services] if stack is not None else []
    known += [path.stem for path in sorted(home.logs.glob("*.log")) if path.stem not in known]
    for name in (said, said.removeprefix("vrooli-")):
        if name in known:
            return home.log(name)
    raise UsageError(
        f"`{said}` has no log here{did_you_mean(said, known)}",
        next_step=f"there are: {', '.join(known)}" if known else "`vrooli up` starts the stack",
    )


class Follower:
    """Shows what is appended to a log; where it was rotated, what had not been shown yet.

    Args:
        path: of the log; need not be there yet.
        position: bytes to leave out; all that is there now when None.
    """

    def __init__(self, path: Path, position: int | None = None) -> None:
        self._path = path
        self._position = size(path) if position is None else position
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._shown = b"".join(self._read(max(0, self._position - _REMEMBERED), self._position))

    def show(self) -> None:
        """What has come since the last time."""
        here = size(self._path)
        if here > self._position:
            for text in self._read(self._position, here):
                self._position += len(text)
                self._write(text)
        elif here < self._position:
            text = b"".join(self._read(0, here))
            self._position = len(text)
            self._write(text[overlap(self._shown, text) :])

    def for_ever(self) -> None:
        """Until Ctrl-C."""
        try:
            while True:
                self.show()
                time.sleep(_PAUSE)
        except KeyboardInterrupt:
            return

    def _write(self, text: bytes) -> None:
        self._shown = (self._shown + text)[-_REMEMBERED:]
        render.write(self._decoder.decode(text))

    def _read(self, begin: int, end: int) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                file.seek(begin)
                while begin < end and (text := file.read(min(_AT_ONCE, end - begin))):
                    begin += len(text)
                    yield text
        except FileNotFoundError:
            return


def overlap(shown: bytes, text: bytes) -> int:
    """How much of the beginning of `text` was shown, when `shown` was the last of it: a rotation
    takes the log away from its beginning, piece by piece, and leaves a part of a block in place.
    """
    place = text.find(shown)
    if place >= 0:
        return place + len(shown)
    most = min(len(shown), len(text))
    return next((size for size in range(most, 0, -1) if text.startswith(shown[-size:])), 0)
