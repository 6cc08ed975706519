"""`vrooli run signal`: what a run waits for."""

import json as jsonlib
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.errors import UsageError

_HELP = """
Send a run the signal that a step of type `wait` waits for, or will. The step ends with what the
signal carries. One that comes early is kept. A name for which no step of the routine waits is
refused, unless you say `--keep`.

Examples:

  vrooli run signal 3f2a9c4e81d07b65 paid

  vrooli run signal 3f2a9c4e81d07b65 paid --data '{"invoice": 4711}'
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @group.command(help=_HELP)
    def signal(
        run: Annotated[str, typer.Argument(help="The run.", metavar="RUN")],
        name: Annotated[str, typer.Argument(help="Of the signal.", metavar="NAME")],
        data: Annotated[str, typer.Option(help="What it carries, as JSON.")] = "null",
        keep: Annotated[
            bool, typer.Option("--keep", help="Also when no step of the routine waits for it.")
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.work(home_to_change(kit, file))
        found = client.signal(run, name, _json(data), keep=keep)
        if json:
            render.print_json(found)
        else:
            render.note(f"{run}: has the signal {name}")
            if found.get("warning"):
                render.note(f"  warning: {found['warning']}")


def kept_signals(kept: Mapping[str, int]) -> str:
    """What no step has taken, for people."""
    names = (f"`{name}`{f' ({count})' if count > 1 else ''}" for name, count in kept.items())
    return f"signals that no step has taken: {', '.join(names)}"


def _json(text: str) -> Any:
    try:
        return jsonlib.loads(text)
    except ValueError as error:
        advice = """write it like `--data '{"invoice": 4711}'`, and a text like `--data '"text"'`"""
        raise UsageError("expected JSON", where="--data", next_step=advice) from error
