"""`vrooli restore`: going back to a restore point, or to a moment after it."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from vrooli.cli.backup_words import note
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json, said
from vrooli.cli.restore_beside import Look, beside, end, require_no_moment, require_one_of
from vrooli.cli.restore_parts import Mode, Restorings, without_system
from vrooli.cli.restore_plan import Asked, Plan, require_named
from vrooli.cli.restore_table_to import rescue_at
from vrooli.cli.restore_told import tell_plan
from vrooli.cli.restore_undo import require_alone, undone

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point

    Found = list[tuple[Point, Part]]

_RESTORE_HELP = """
Have the data of a restore point in force, or that of a moment after it: databases first, then
files.

Without a point it is for each part the newest one whose proof did not fail, and where the WAL of
PostgreSQL is received, all of that as well: nothing that was received is lost. `--to` stops at a
moment.

It is fetched and started beside what serves; then the two change places, and what needs it is
stopped and started around that. What was in force is kept until
`vrooli resource upgrade NAME --forget`. Files that are in the way are moved aside, never removed;
`--undo` has them back.

Examples:

  vrooli restore --dry-run

  vrooli restore --to "2026-11-28 11:52"

  vrooli restore --to 0/5000028

  vrooli restore --yes                    where the database is lost, or fails

  vrooli restore --only postgres --yes    also where it serves

  vrooli restore --only shop.public.orders    one table, beside the one that serves

  vrooli restore --only shop.public.orders --to "2026-11-28 11:52"    as it was then

  vrooli restore --only db2:orders        that of the service db2, where there are several

  vrooli restore --only redis,files

  vrooli restore --undo --only files      as they were before the last restore of files

  vrooli restore 20261128t084444z --only postgres --yes    of archives: a new cluster

  vrooli restore --side-by-side           look at it, and change nothing

  vrooli restore --only system --into /tmp/looked-at

  vrooli restore latest --from offsite
"""


_Said = Optional[str]  # noqa: UP045 -- typer reads the annotation at run time
Wanted = Annotated[
    _Said,
    typer.Argument(
        help="Exactly this point: its id, or how that begins.",
        metavar="[POINT]",
        show_default=False,
    ),
]
To = Annotated[
    _Said,
    typer.Option(
        "--to",
        help="A time (local unless it says otherwise), a position in the WAL, or `latest`.",
        metavar="MOMENT",
    ),
]
PointOnly = Annotated[bool, typer.Option("--point-only", help="The newest point, without WAL.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look, and say what would be done.")]
Failed = Annotated[bool, typer.Option("--failed", help="Also one whose proof failed.")]
From = Annotated[
    _Said,
    typer.Option(
        "--from", help="Take it from this store alone.", metavar="NAME", show_default=False
    ),
]
Only = Annotated[
    _Said,
    typer.Option(
        "--only",
        help="Parts: `postgres`, `redis`, `files`, `system`, or names; commas between them. Or a "
        "table (`database.schema.table`, or the end of that, behind `SERVICE:` where there are "
        "several), which goes into a schema beside the one that serves.",
        metavar="NAME",
    ),
]
SideBySide = Annotated[
    bool, typer.Option("--side-by-side", help="Have it serve beside the one in force.")
]
Stop = Annotated[bool, typer.Option("--stop", help="With `--side-by-side`: end that.")]
Into = Annotated[
    Path | None,
    typer.Option("--into", help="Only unpack it, into an empty folder.", metavar="FOLDER"),
]
Undo = Annotated[
    bool, typer.Option("--undo", help="Have files as they were before their last restore.")
]
Yes = Annotated[
    bool,
    typer.Option("--yes", help="Do not ask; what serves well needs `--only` as well."),
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RESTORE_HELP)
    def restore(  # noqa: PLR0913 -- one argument for each option
        wanted: Wanted = None,
        to: To = None,
        point_only: PointOnly = False,
        dry_run: DryRun = False,
        failed: Failed = False,
        from_: From = None,
        only: Only = None,
        side_by_side: SideBySide = False,
        stop: Stop = False,
        into: Into = None,
        undo: Undo = False,
        yes: Yes = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.backup.choosing import split

        wanted, to = said("POINT", wanted), said("--to", to)
        from_, only = said("--from", from_), said("--only", only)
        home, begun = home_to_change(kit, file), time.time()
        look = Look(side_by_side, stop, into, dry_run=dry_run)
        if undo:
            require_alone(wanted, to, from_, look, point_only=point_only, failed=failed)
            undone(kit.backups(home), split(only), dry_run=dry_run, yes=yes, json=json)
            return
        backups = kit.backups(home).only(from_, note)
        if look.wanted and look.stop:
            end(kit, home, backups, split(only), json=json)
            return
        require_no_moment(to if look.wanted else "")
        asked = Asked(wanted, to, point_only or look.wanted, failed, reads=dry_run)
        found, table = _meant(backups, asked.point or "latest", only)
        if into is None or not only:
            found = without_system(found, asked=bool(only and not table))
        if table and not look.wanted:
            options = {"--to": to, "--from": from_, "--file": file}
            require_one_of(found, table, _again(wanted, options), moment=bool(to))
        if table and to:
            rescue_at(backups, asked, from_, found, table, json=json)
            return
        if look.wanted or table:
            beside(backups, found, table, look, json=json)
            return
        plan = Plan(backups, asked, from_, found, named=bool(only))
        if not json:
            plan.tell()
            tell_plan(backups, plan.parts)
        for point, part in plan.parts:
            require_named(point, part, asked)
        mode = Mode(split(only), dry_run=dry_run, yes=yes, json=json)
        restoring = Restorings(kit, home, backups, plan, begun, mode)
        restoring.carry_out()


def _meant(backups: "Backups", point: str, only: str) -> "tuple[Found, str]":
    """What `--only` means of a point, and the table, where it is one of that."""
    from vrooli.backup.choosing import owner_of, split, table_of

    found = backups.parts(point, ())
    owner, table = owner_of(only, [part for _, part in found])
    if owner:
        return [one for one in found if one[1].service == owner], table
    table = table_of(only, [part for _, part in found])
    return found if table else backups.parts(point, split(only)), table


def _again(wanted: str, options: Mapping[str, object]) -> list[str]:
    """The words of the same command, but for what of it is meant."""
    said = [f"{name}={value}" for name, value in options.items() if value]
    return ["vrooli", "restore", *filter(None, [wanted]), *said]
