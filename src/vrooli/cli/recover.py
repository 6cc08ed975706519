"""`vrooli recover`: a whole stack on an empty machine, from a store and its key."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from vrooli.cli import render
from vrooli.cli.asking import require_answer
from vrooli.cli.backup_words import note
from vrooli.cli.bar import Bar
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import Kit
from vrooli.cli.options import Json
from vrooli.cli.recover_told import outlook_row, tell_outlook, tell_report
from vrooli.core.errors import EXIT_FAILURE, UsageError

if TYPE_CHECKING:
    from vrooli.backup.recovery import Outlook

_RECOVER_HELP = """
Make a stack anew on an empty machine, from a store and the key alone.

Of each part the newest state comes back that the store holds, and where the WAL of PostgreSQL was
brought there, all of that as well; `--to` stops at a moment, `--point` takes exactly one point. The
plan says what is lost. The home must be empty. The stack file is put into this folder, unless one
is there: run it where the programs of the stack are. Files are put back where they were; what is in
the way is moved aside. Killed in the middle, or stopped by a failure that you have mended, the same
command goes on where it was. Ends with 1 where something is left for you to do. Nothing
is written to the stores of the old machine, which may live on, until `--adopt`, or `vrooli backup
store adopt` later, says that it is gone.
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY open a bucket.

Examples:

  vrooli recover --from /mnt/usb/backups --key backup-identity --dry-run

  vrooli recover --from s3://bucket/host --endpoint https://s3.example.com --key backup-identity

  vrooli recover --from s3://bucket/host --key backup-identity --to "2026-11-28 11:52"
"""


Store = Annotated[
    str,
    typer.Option("--from", help="A folder, file:///folder or s3://bucket/prefix.", metavar="STORE"),
]
StackFile = Annotated[
    Optional[Path],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Option(
        "--file", "-f", help="The stack file: used when there, else made.", metavar="FILE"
    ),
]
Into = Annotated[
    Optional[Path],  # noqa: UP045 -- see above
    typer.Option("--home", help="Make it there; else where `up` would.", metavar="DIR"),
]
To = Annotated[
    str,
    typer.Option(
        "--to",
        help="Nothing that came later: a time (local unless it says otherwise) or a position in "
        "the WAL.",
        metavar="MOMENT",
        show_default=False,
    ),
]
OnePoint = Annotated[
    str,
    typer.Option(
        "--point",
        help="Exactly this point, and nothing after it.",
        metavar="POINT",
        show_default=False,
    ),
]
Endpoint = Annotated[
    str,
    typer.Option("--endpoint", help="The server of the bucket.", metavar="URL", show_default=False),
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RECOVER_HELP)
    def recover(  # noqa: PLR0913 -- one argument for each option
        store: Store,
        key: Annotated[
            Path, typer.Option("--key", help="Your copy of the identity.", metavar="FILE")
        ],
        home: Into = None,
        to: To = "",
        point: OnePoint = "",
        endpoint: Endpoint = "",
        file: StackFile = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look, and say what would be done.")
        ] = False,
        adopt: Annotated[
            bool,
            typer.Option("--adopt", help="The old machine is gone: write to its stores from here."),
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        json: Json = False,
    ) -> None:
        from vrooli.backup.recovery import Asked

        stack_file = kit.stack_file(file) if file is None or file.exists() else file
        here = (stack_file or Path("vrooli.toml")).absolute()
        recovery = kit.recovery(
            Asked(store, key, here, home, point or "latest", endpoint, to, adopt)
        )
        look = recovery.outlook()
        if not (json and dry_run):
            tell_outlook(look)
        if dry_run:
            if json:
                render.print_json(outlook_row(look))
            return
        if not yes:
            _ask(look)
        with (
            interruptible("what is done stays", "the same command goes on where it was"),
            Bar(note, quiet=json) as bar,
        ):
            report = recovery.run(bar.told)
        if json:
            render.print_json({**outlook_row(look), **report})
        else:
            tell_report(report)
        if report["left"]:
            raise typer.Exit(EXIT_FAILURE)


def _ask(look: "Outlook") -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"this makes a stack in {look.home}, and nobody can be asked here",
            next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
        )
    require_answer(f"make {look.stack} anew in {look.home}? [y/N]")
