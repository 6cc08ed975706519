"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Optional

import typer

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
    typer.Argument(help="Services; all of them when none is named.", metavar="[NAME]..."),
]
