"""`vrooli logs`: what a service says."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit
from vrooli.cli.options import Name
from vrooli.core.errors import AccessDenied, UsageError
from vrooli.core.home import Home
from vrooli.stack.logs import tail
from vrooli.stack.nearest import did_you_mean

if TYPE_CHECKING:
    from vrooli.stack.model import Service

_HELP = """
Show the log of a service.

Examples:

  vrooli logs server

  vrooli logs server -n 200

  vrooli logs server -f        follow until Ctrl-C
"""

_PAUSE = 0.2
"""Seconds between two looks at a followed file."""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HELP)
    def logs(
        name: Name,
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


def _follow(path: Path) -> None:
    """Show what is appended; starts again from the beginning when the file was rotated."""
    position = path.stat().st_size if path.exists() else 0
    try:
        while True:
            size = path.stat().st_size if path.exists() else 0
            position = min(position, size) if size >= position else 0
            if size > position:
                with path.open("rb") as file:
                    file.seek(position)
                    text = file.read()
                position += len(text)
                render.out(text.decode("utf-8", "replace").rstrip("\n"))
            time.sleep(_PAUSE)
    except KeyboardInterrupt:
        return
