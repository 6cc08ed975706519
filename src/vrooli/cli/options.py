"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from vrooli.cli.kit import Kit
from vrooli.client.work import ENDED, OPEN
from vrooli.core.errors import UsageError, VrooliError


def service_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """What the shell completes: services and groups of the stack in force. Nothing where that
    cannot be told: whoever is typing gets no errors.
    """
    kit: Kit = ctx.obj
    try:
        found = kit.stack_file(None)
        stack = kit.compiled(kit.home(found)) or kit.load_stack(found)
    except VrooliError:
        return []
    names = [name for service in stack.services.values() for name in (service.group, service.name)]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def said(option: str, value: str | None) -> str:
    """What an option says; empty where it is left out.

    Raises:
        UsageError: it is there and says nothing, as where the variable of a script is empty: what
            holds without the option is not what was meant.
    """
    if value is not None and not value.strip(", \t\n"):
        raise UsageError(
            f"`{option}` says nothing", next_step="leave it out, or write what is meant"
        )
    return value or ""


File = Annotated[
    Optional[Path],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Option(
        "--file", "-f", help="The stack file; else vrooli.toml, searched upward.", metavar="FILE"
    ),
]
Run = Annotated[str, typer.Argument(help="The run.", metavar="RUN")]
Status = Annotated[str, typer.Option("--status", help=f"Only those: {', '.join((*OPEN, *ENDED))}.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON, and only JSON, on standard output.")
]
Names = Annotated[
    Optional[list[str]],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Argument(
        help="Services; all of them when none is named.",
        metavar="[NAME]...",
        autocompletion=service_names,
    ),
]
Name = Annotated[str, typer.Argument(help="The service.", autocompletion=service_names)]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets and scripts.")]
Since = Annotated[
    Optional[str],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Option(
        "--since",
        help='From when on: an age like "24h" or "7d", a date like 2026-11-20, or a time like'
        " 2026-11-20T14:30.",
        metavar="WHEN",
    ),
]
Until = Annotated[
    Optional[str],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Option("--until", help="Until when; now, if not said.", metavar="WHEN"),
]
Length = Annotated[
    str, typer.Option("--for", help="How long, like 30m, 2h or 7d.", metavar="LENGTH")
]
Limit = Annotated[
    Optional[int],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Option(
        "-n",
        "--limit",
        min=1,
        max=100_000,
        help="How many at most; else 25, or 1000 of JSON and CSV.",
    ),
]
Most = Annotated[int, typer.Option("-n", "--limit", min=1, max=1000, help="How many.")]
MaybeCheck = Annotated[
    Optional[str],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Argument(help="A check, or a service.", metavar="[CHECK]"),
]
