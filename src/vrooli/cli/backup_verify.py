"""`vrooli backup verify` and `fetch`."""

from pathlib import Path
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import Store, Wanted, note, proof_row, require, tell, to_program
from vrooli.cli.bar import Bar
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json

_VERIFY_HELP = """
Restore a point beside what serves, and look whether it works: every piece, every file, a start,
every row, every page. Ends with 1 when anything does not hold; increments on what does not count as
failed then too. Without a point it takes the newest whole one whose proof did not fail.

Examples:

  vrooli backup verify

  vrooli backup verify 20261128t075212z-3f09ab
"""

_FETCH_HELP = """
Unpack what a restore point has of a service into an empty folder, and touch nothing else.

Example:

  vrooli backup fetch latest --service postgres --into /tmp/looked-at
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    _register_verify(group, kit)
    _register_fetch(group, kit)


def _register_verify(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_VERIFY_HELP)
    def verify(
        wanted: Wanted = "latest", store: Store = "", file: File = None, json: Json = False
    ) -> None:
        backups = kit.backups(home_to_change(kit, file)).only(store, note)
        with (
            interruptible("nothing is known of it", "`vrooli backup verify` begins anew"),
            Bar(note, quiet=json) as bar,
        ):
            proof = backups.prove(wanted, bar.told)
        if json:
            render.print_json(proof_row(proof))
        else:
            tell(proof)
        require(proof)


def _register_fetch(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_FETCH_HELP)
    def fetch(  # noqa: PLR0913 -- one argument for each option
        service: Annotated[
            str, typer.Option("--service", help="Whose data.", metavar="NAME", show_default=False)
        ],
        into: Annotated[Path, typer.Option("--into", help="An empty folder.", metavar="FOLDER")],
        wanted: Wanted = "latest",
        owner: Annotated[
            str, typer.Option("--owner", help="Whose the files shall be.", metavar="USER")
        ] = "",
        wal: Annotated[
            Path | None,
            typer.Option(
                "--wal",
                help="Another folder, for the WAL that leads on from the point.",
                metavar="FOLDER",
            ),
        ] = None,
        timeline: Annotated[
            int,
            typer.Option(
                "--timeline",
                min=0,
                help="Along which it leads on; 0: not at all.",
                metavar="NUMBER",
            ),
        ] = 0,
        facts: Annotated[
            Path | None,
            typer.Option(
                "--facts",
                help="A file for what is known of it, as JSON.",
                metavar="FILE",
            ),
        ] = None,
        store: Store = "",
        steps: Annotated[
            bool,
            typer.Option("--steps", help="Say how far it is in lines of JSON, for programs."),
        ] = False,
        file: File = None,
    ) -> None:
        from vrooli.backup.backups import Fetched

        fetched = Fetched(wanted, service, into, owner, wal, timeline, facts)
        backups = kit.backups(home_to_change(kit, file)).only(store, render.out)
        if steps:
            backups.fetch(fetched, to_program)
            return
        folders = " and ".join(str(one) for one in (into, wal) if one is not None)
        with (
            interruptible("it is not whole", f"remove what is in {folders}, then again"),
            Bar(render.out) as bar,
        ):
            backups.fetch(fetched, bar.told)
