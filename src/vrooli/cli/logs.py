"""`vrooli logs`: what a service says."""

import codecs
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import Name
from vrooli.core.errors import AccessDenied, UsageError
from vrooli.core.home import Home
from vrooli.core.nearest import did_you_mean
from vrooli.stack.logs import size, tail

if TYPE_CHECKING:
    from vrooli.stack.model import Service

_HELP = """
Show the log of a service.

Examples:

  vrooli logs server

  vrooli logs server -n 200

  vrooli logs server -f        follow until Ctrl-C
"""

_FOLLOWED_BY = {"docker": "docker logs --follow", "systemd": "journalctl --follow --unit"}
"""What follows the log of a manager."""

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
        name: Name,
        follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on showing.")] = False,
        lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many.")] = 50,
        file: Annotated[
            str | None, typer.Option("--file", help="The stack file.", metavar="FILE")
        ] = None,
    ) -> None:
        home = home_to_read(kit, Path(file) if file else None)
        held = held_service(kit, home, name)
        if held is not None and follow:
            raise UsageError(
                f"`{name}` is logged by its manager, which is not followed from here",
                next_step=f"`{_FOLLOWED_BY[held.runtime]} {held.held}`",
            )
        for line in last_lines(kit, home, name, lines):
            render.write(f"{line}\n")  # a log has colours of its own
        if follow:
            Follower(log_file(kit, home, name)).for_ever()


def last_lines(kit: Kit, home: Home, said: str, lines: int) -> list[str]:
    """Of the log of a service as it was said, wherever that is."""
    held = held_service(kit, home, said)
    stack = kit.compiled(home)
    if held is None or stack is None:
        return tail(log_file(kit, home, said), lines)
    return kit.held_log(stack, held, lines)


def held_service(kit: Kit, home: Home, said: str) -> "Service | None":
    """The service that was said, when a manager holds it, who has its log."""
    named = (service for service in _declared(kit, home) if service.name == said)
    return next((service for service in named if service.is_held and not service.is_made), None)


def log_file(kit: Kit, home: Home, said: str) -> Path:
    """The log file of a service as it was said; `UsageError` for one that is not in the stack."""
    declared = _declared(kit, home)
    _refuse(said, declared)
    known = [service.name for service in declared]
    known += [path.stem for path in sorted(home.logs.glob("*.log")) if path.stem not in known]
    for name in (said, said.removeprefix("vrooli-")):
        if name in known:
            return _readable(home.log(name))
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


def _refuse(said: str, declared: Sequence["Service"]) -> None:
    """Raise UsageError for what is declared and has no log of its own."""
    for service in declared:
        if service.name == said and not service.managed:
            raise UsageError(
                f"`{said}` is external: it writes no log here",
                next_step="look for it where it runs",
            )
    instances = [service.name for service in declared if service.group == said != service.name]
    if instances:
        raise UsageError(
            f"`{said}` has {len(instances)} instances with a log each",
            next_step=f"name one of them: {', '.join(instances)}",
        )


def _declared(kit: Kit, home: Home) -> list["Service"]:
    try:
        stack = kit.compiled(home)
    except AccessDenied:  # a group may read the logs of another user, and nothing else
        if not os.access(home.logs, os.R_OK):
            raise
        return []
    return [*stack.services.values()] if stack is not None else []


def _readable(path: Path) -> Path:
    """An empty log and one that we may not read must not look alike."""
    if path.exists() and not os.access(path, os.R_OK):
        raise AccessDenied(
            "this log may not be read",
            where=str(path),
            next_step="run as the user who brought the stack up",
        )
    return path
