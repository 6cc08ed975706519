"""`vrooli logs`: what a service says."""

import time
from pathlib import Path
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.stack.logs import tail
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
            _follow(path)


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


def _follow(path: Path) -> None:
    """Show what is appended; where the file was rotated, what had not been shown yet."""
    position = _size(path)
    shown = _read(path, max(0, position - _REMEMBERED))
    try:
        while True:
            new = b""
            if (size := _size(path)) > position:
                new = _read(path, position)
                position += len(new)
            elif size < position:
                text = _read(path, 0)
                new, position = text[overlap(shown, text) :], len(text)
            if new:
                shown = (shown + new)[-_REMEMBERED:]
                render.out(new.decode("utf-8", "replace").rstrip("\n"))
            time.sleep(_PAUSE)
    except KeyboardInterrupt:
        return


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read()
    except FileNotFoundError:
        return b""


def overlap(shown: bytes, text: bytes) -> int:
    """How much of the beginning of `text` was shown, when `shown` was the last of it: a rotation
    takes the log away from its beginning, piece by piece, and leaves a part of a block in place.
    """
    place = text.find(shown)
    if place >= 0:
        return place + len(shown)
    most = min(len(shown), len(text))
    return next((size for size in range(most, 0, -1) if text.startswith(shown[-size:])), 0)
