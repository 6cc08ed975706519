"""`vrooli restore`: going back to a restore point, or to a moment after it."""

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note, size, when
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.cli.restore_asking import failed_at, require_meant
from vrooli.cli.restore_beside import Look, beside
from vrooli.cli.restore_told import Restoring, tell_plan
from vrooli.core.errors import Refused, UsageError, VrooliError

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.stack.postgres.wal.choosing import Way
    from vrooli.stack.postgres.wal.moments import Moment
    from vrooli.stack.upgrading import Wish

_RESTORE_HELP = """
Have the data of a restore point in force, or that of a moment after it.

Without a point it is the newest one, and where the WAL of PostgreSQL is received, all of that as
well: nothing that was received is lost. `--to` stops at a moment.

It is fetched and started beside what serves; then the two change places, and what needs it is
stopped and started around that. What was in force is kept until
`vrooli resource upgrade NAME --forget`.

Examples:

  vrooli restore --dry-run

  vrooli restore --to "2026-11-28 11:52"

  vrooli restore --to 0/5000028

  vrooli restore --yes                    where the database is lost, or fails

  vrooli restore --only postgres --yes    also where it serves

  vrooli restore --only shop.public.orders    one table, beside the one that serves

  vrooli restore --side-by-side           look at it, and change nothing

  vrooli restore latest --from offsite
"""


Wanted = Annotated[
    str,
    typer.Argument(
        help="Exactly this point: its id, or how that begins.",
        metavar="[POINT]",
        show_default=False,
    ),
]
To = Annotated[
    str,
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
    str,
    typer.Option(
        "--from", help="Take it from this store alone.", metavar="NAME", show_default=False
    ),
]
Only = Annotated[
    str,
    typer.Option(
        "--only",
        help="A service, or a table (`database.schema.table`, or the end of that), which "
        "goes into a schema beside the one that serves.",
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
Yes = Annotated[
    bool,
    typer.Option("--yes", help="Do not ask; what serves well needs `--only` as well."),
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RESTORE_HELP)
    def restore(  # noqa: PLR0913 -- one argument for each option
        wanted: Wanted = "",
        to: To = "",
        point_only: PointOnly = False,
        dry_run: DryRun = False,
        failed: Failed = False,
        from_: From = "",
        only: Only = "",
        side_by_side: SideBySide = False,
        stop: Stop = False,
        into: Into = None,
        yes: Yes = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        home, begun = home_to_change(kit, file), time.time()
        look = Look(side_by_side, stop, into)
        backups = kit.backups(home).only(from_, note)
        plan = _Plan(backups, _Asked(wanted, to, point_only, failed), from_)
        point = plan.point
        if look.wanted or only not in ("", *(part.service for part in point.parts)):
            if to:
                raise UsageError(
                    "`--to` is for what is put in force; a copy or a table is of a whole point",
                    next_step="leave `--to` out: `vrooli backup list` shows the points",
                )
            beside(backups, point, only, look, json=json)
            return
        if not json:
            plan.tell()
            tell_plan(backups, point)
        _require_starts(point)
        for part in plan.parts:
            if only not in ("", part.service):
                continue
            if not dry_run:
                require_meant(kit, home, part, only=only, yes=yes)
            ended = failed_at(kit, home, part.service)
            restoring = Restoring(kit, home, part.service, begun, plan.since(part), ended)
            restoring.carry_out(plan.wish(part, dry_run=dry_run), json=json)


class _Asked:
    """What was asked for."""

    def __init__(self, wanted: str, to: str, point_only: bool, failed: bool) -> None:
        self.point = "" if wanted == "latest" else wanted
        self.to, self.failed = to, failed
        # One whose proof failed begins no way.
        self.point_only = point_only or (bool(self.point or failed) and not to)
        if to and (self.point or point_only):
            raise UsageError(
                "`--to` chooses the point itself",
                next_step="leave the point and `--point-only` out",
            )


class _Plan:
    """Which point, and which WAL."""

    def __init__(self, backups: "Backups", asked: _Asked, store: str) -> None:
        from vrooli.stack.postgres.wal.moments import moment

        self._backups, self._asked = backups, asked
        self._name, self._store = store, backups.store()
        self._moment: Moment | None = None
        if not asked.point_only:
            self._moment = moment(asked.to or "latest", time.time())
        newest = "" if asked.point else self._store.newest_good().id
        self.point = self._good(asked.point or newest)
        self._rest = self.point.id
        self._ways = {} if self._moment is None else self._found(self._moment)
        self.parts = self._chosen()

    def _found(self, moment: "Moment") -> "dict[str, Way]":
        """By service; those that no moment can be reached of stay out."""
        points = [self.point]
        if self._asked.to:  # the newest point may be one of something else
            points = [one for _, one in self._store.points() if not isinstance(one, VrooliError)]
        services = {
            part.service for one in points for part in one.parts if part.source == _PHYSICAL
        }
        if self._asked.to and not services:
            raise UsageError(
                "only a PostgreSQL can go back to a moment",
                next_step="leave `--to` out: a restore point is gone back to as a whole",
            )
        return {service: self._backups.way(service, moment) for service in sorted(services)}

    def _chosen(self) -> "list[Part]":
        """What is restored: by `--to` only what can go back to a moment, the rest stays."""
        bases = {service: self._good(way.base.id) for service, way in self._ways.items()}
        if bases:
            self.point = min(bases.values(), key=lambda point: point.taken)
        own = [part for service, point in bases.items() if (part := point.part_of(service))]
        if self._asked.to:
            return own
        rest = self._store.point(self._rest)
        return own + [part for part in rest.parts if part.service not in bases]

    def _good(self, id: str) -> "Point":
        point = self._store.point(id)
        proof = self._store.proof(point.id)
        if proof is not None and proof.outcome == "failed" and not self._asked.failed:
            raise Refused(
                f"its last proof failed: {proof.why}",
                where=point.id,
                next_step="choose another one (`vrooli backup list`), or say `--failed`",
            )
        return point

    def wish(self, part: "Part", *, dry_run: bool) -> "Wish":
        """What is asked of the resource."""
        from vrooli.backup.chains import room_of
        from vrooli.stack.upgrading import Wish

        way, room = self._ways.get(part.service), room_of(part, self._store)
        along: dict[str, Any] = {}
        if way is not None and way.files and self._moment is not None:
            along = {"until": self._moment.text, "timeline": way.timeline}
            room += way.size
        along["mark"] = secrets.token_hex(4)
        id = way.base.id if way is not None else self._rest
        return Wish(restore=id, room=room, dry_run=dry_run, store=self._name, **along)

    def since(self, part: "Part") -> float:
        """Unix seconds: what was committed before is in what is restored."""
        way, moment = self._ways.get(part.service), self._moment
        if way is None or not way.files or moment is None or moment.kind == "lsn":
            return float(part.facts.get("begun") or self.point.begun)
        return min(way.until, moment.time) if moment.kind == "time" else way.until

    def tell(self) -> None:
        """Say what will be there, and what will not."""
        proof = self._store.proof(self.point.id)
        state = proof.outcome if proof else "unverified"
        render.note(f"{self.point.id}, {when(self.point.taken)}, {state}")
        for service, way in self._ways.items():
            self._tell_way(service, way)
        if not any(way.files for way in self._ways.values()):
            ago = render.ago(self.point.taken)
            render.note(f"  what was written since, {ago}, is not in it")

    def _tell_way(self, service: str, way: "Way") -> None:
        from vrooli.stack.postgres.wal.moments import told

        moment = self._moment
        if not way.files or moment is None:
            return
        render.note(
            f"  {service}: then {len(way.files)} files of WAL ({size(way.size)}), timeline "
            f"{way.timeline}, received without a gap up to {told(way.until)}"
        )
        if moment.kind == "time":
            render.note(f"  what was committed after {told(moment.time)} is not in it")
        elif moment.kind == "lsn":
            render.note(f"  what was written after LSN {moment.text} is not in it")
        else:
            render.note("  what is committed from now on, until it changes places, is not in it")
        if way.gap:
            render.note("  there is later WAL, after a gap: it cannot be reached from any point")


_PHYSICAL = "postgres-physical"


def _require_starts(point: "Point") -> None:
    from vrooli.backup.point import ARCHIVES

    for part in point.parts:
        if part.source in ARCHIVES:
            raise Refused(
                f"of {part.service} it holds archives, on which no server starts",
                where=point.id,
                next_step=f"`vrooli backup fetch {point.id} --service {part.service} --into FOLDER`"
                ", then pg_restore what you want of it; the how-to says how",
            )
