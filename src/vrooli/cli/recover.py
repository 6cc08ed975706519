"""`vrooli recover`: a whole stack on an empty machine, from a store and its key."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note, size, when
from vrooli.cli.kit import Kit
from vrooli.cli.options import Json
from vrooli.core.errors import EXIT_FAILURE, UsageError

if TYPE_CHECKING:
    from vrooli.backup.recovery import Outlook

_RECOVER_HELP = """
Make a stack anew on an empty machine, from a store and the key alone.

The home must be empty. The stack file is put into this folder, unless one is there: run it where
the programs of the stack are. Killed in the middle, or stopped by a failure that you have mended,
the same command goes on where it was. Nothing is written to the stores of the old machine, which
may live on, until `--adopt`, or `vrooli backup store adopt` later, says that it is gone.
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY open a bucket.

Examples:

  vrooli recover --from /mnt/usb/backups --key backup-identity --dry-run

  vrooli recover --from s3://bucket/host --endpoint https://s3.example.com --key backup-identity
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


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RECOVER_HELP)
    def recover(  # noqa: PLR0913 -- one argument for each option
        store: Store,
        key: Annotated[
            Path, typer.Option("--key", help="Your copy of the identity.", metavar="FILE")
        ],
        home: Into = None,
        point: Annotated[
            str, typer.Option("--point", help="From this point.", metavar="POINT")
        ] = "latest",
        endpoint: Annotated[
            str, typer.Option("--endpoint", help="The server of the bucket.", metavar="URL")
        ] = "",
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
        recovery = kit.recovery(Asked(store, key, here, home, point, endpoint, adopt))
        look = recovery.outlook()
        if not json:
            _tell(look)
        if dry_run:
            if json:
                render.print_json(_row(look))
            return
        if not yes:
            _ask(look)
        seconds = recovery.run(note)
        left = recovery.left_out()
        if json:
            paused = recovery.paused()
            render.print_json({**_row(look), "rto": seconds, "left_out": left, "paused": paused})
        else:
            render.out(f"{look.point.stack} is back after {seconds:.1f} s, in {look.home}")
            render.out(f"what was written since {when(look.point.taken)} is lost")
            for name, why in recovery.paused().items():
                render.note(f"nothing goes to {name}: {why}")
                render.note(f"  next, when that one is gone: `vrooli backup store adopt {name}`")
            for name in left:
                render.note(f"not restored: {name}, which is no service of the stack")
                render.note(f"  next: `vrooli restore {look.point.id} --only {name}`")
        if left:
            raise typer.Exit(EXIT_FAILURE)


def _row(look: "Outlook") -> dict[str, Any]:
    return {
        "point": look.point.id,
        "taken": look.point.taken,
        "stack": look.point.stack,
        "home": look.home,
        "file": look.file,
        "services": look.services,
        "missing": look.missing,
        "need_bytes": look.need,
        "free_bytes": look.free,
        "again": look.again,
    }


def _tell(look: "Outlook") -> None:
    point = look.point
    goes_on = "goes on with " if look.again else ""
    render.note(f"{goes_on}{point.id}: {point.stack} on {point.host}, {when(point.taken)}")
    for name in look.services:
        part = point.part_of(name)
        render.note(f"  {name}: {size(part.plain if part else 0)}")
    render.note(f"  into {look.home}: {size(look.need)} are needed, {size(look.free)} are free")
    render.note(f"  what was written since, {render.ago(point.taken)}, is not in it")
    for line in look.missing:
        render.note(f"  {line}")


def _ask(look: "Outlook") -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"this makes a stack in {look.home}, and nobody can be asked here",
            next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
        )
    sys.stderr.write(f"make {look.point.stack} anew in {look.home}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        render.note("nothing was changed")
        raise typer.Exit(EXIT_FAILURE)
