"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from vrooli.cli.kit import Kit
from vrooli.core.errors import VrooliError


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


File = Annotated[
    Optional[Path],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Option(
        "--file", "-f", help="The stack file; else vrooli.toml, searched upward.", metavar="FILE"
    ),
]
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
