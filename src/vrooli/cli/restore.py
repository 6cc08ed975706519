"""`vrooli restore`: going back to a restore point, or to a moment after it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, restore_parts
from vrooli.cli.backup_words import Only, note, size, when
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.errors import Refused, UsageError

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.stack.postgres.wal.choosing import Way
    from vrooli.stack.postgres.wal.moments import Moment
    from vrooli.stack.upgrading import Wish

    Parts = list[tuple[Point, Part]]

_RESTORE_HELP = """
Have the data of a restore point in force, or that of a moment after it: databases first, then
files.

Without a point it is for each part the newest one whose proof did not fail, and where the WAL of
PostgreSQL is received, all of that as well: nothing that was received is lost. `--to` stops at a
moment.

It is fetched and started beside what serves; then the two change places, and what needs it is
stopped and started around that. What was in force is kept until
`vrooli resource upgrade NAME --forget`. Files that are in the way are moved aside, never removed.

Examples:

  vrooli restore --dry-run

  vrooli restore --to "2026-11-28 11:52"

  vrooli restore --to 0/5000028

  vrooli restore 20261128t075212z-3f09ab --yes

  vrooli restore latest --from offsite

  vrooli restore --only redis,files

  vrooli restore --only system --into /tmp/looked-at
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RESTORE_HELP)
    def restore(  # noqa: PLR0913 -- one argument for each option
        wanted: Annotated[
            str,
            typer.Argument(
                help="Exactly this point: its id, or how that begins.",
                metavar="[POINT]",
                show_default=False,
            ),
        ] = "",
        to: Annotated[
            str,
            typer.Option(
                "--to",
                help="A time (local unless it says otherwise), a position in the WAL, or `latest`.",
                metavar="MOMENT",
            ),
        ] = "",
        point_only: Annotated[
            bool, typer.Option("--point-only", help="The newest point, without WAL.")
        ] = False,
        only: Only = "",
        into: Annotated[
            Path | None,
            typer.Option(
                "--into", help="Unpack it there, and touch nothing else.", metavar="FOLDER"
            ),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look, and say what would be done.")
        ] = False,
        failed: Annotated[
            bool, typer.Option("--failed", help="Also one whose proof failed.")
        ] = False,
        from_: Annotated[
            str,
            typer.Option(
                "--from", help="Take it from this store alone.", metavar="NAME", show_default=False
            ),
        ] = "",
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.backup.choosing import split

        home = home_to_change(kit, file)
        backups = kit.backups(home).only(from_, note)
        asked = _Asked(wanted, to, point_only or into is not None, failed)
        parts = backups.parts(asked.point or "latest", split(only))
        if into is None:
            parts = restore_parts.without_system(parts, asked=bool(only))
        plan = _Plan(backups, asked, from_, parts)
        if not json:
            plan.tell()
        for point, part in plan.parts:
            if into is not None:
                restore_parts.fetch(backups, point, part, into)
                continue
            if not (dry_run or yes):
                restore_parts.ask(part.service)
            if restore_parts.is_resource(part):
                wish = plan.wish(point, part, dry_run=dry_run)
                restore_parts.resource(kit, home, part, wish, json=json)
            else:
                restore_parts.files(backups, point, part, dry_run=dry_run)


class _Asked:
    """What was asked for."""

    def __init__(self, wanted: str, to: str, point_only: bool, failed: bool) -> None:
        self.point = "" if wanted == "latest" else wanted
        self.to, self.failed = to, failed
        self.point_only = point_only or (bool(self.point) and not to)
        if to and (self.point or point_only):
            raise UsageError(
                "`--to` chooses the point itself",
                next_step="leave the point and `--point-only` out",
            )


class _Plan:
    """Which points, and which WAL.

    Attributes:
        parts: what is gone back to, each in its point.
    """

    def __init__(self, backups: "Backups", asked: _Asked, store: str, parts: "Parts") -> None:
        from vrooli.stack.postgres.wal.moments import moment

        self._backups, self._asked = backups, asked
        self._name, self._store = store, backups.store()
        self._moment: Moment | None = None
        if not asked.point_only:
            self._moment = moment(asked.to or "latest", time.time())
        self._ways = self._found(parts)
        self.parts = [self._begun(point, part) for point, part in parts]
        for point in self._points:
            self._require_good(point)

    @property
    def _points(self) -> "list[Point]":
        return list({point.id: point for point, _ in self.parts}.values())

    def _found(self, parts: "Parts") -> "dict[str, Way]":
        if self._moment is None or self._asked.point:
            return {}
        found = {
            part.service: self._backups.way(part.service, self._moment)
            for _, part in parts
            if part.source == _PHYSICAL
        }
        if self._asked.to and len(found) < len(parts):
            raise UsageError(
                "only a PostgreSQL can go back to a moment",
                next_step="say `--only postgres`; or leave `--to` out: a restore point is gone "
                "back to as a whole",
            )
        return found

    def _begun(self, point: "Point", part: "Part") -> "tuple[Point, Part]":
        """What its way begins at, where it has one."""
        way = self._ways.get(part.service)
        if way is None:
            return point, part
        base = self._store.point(way.base.id)
        return base, base.part_of(part.service) or part

    def _require_good(self, point: "Point") -> None:
        proof = self._store.proof(point.id)
        if proof is not None and proof.outcome == "failed" and not self._asked.failed:
            raise Refused(
                f"its last proof failed: {proof.why}",
                where=point.id,
                next_step="choose another one (`vrooli backup list`), or say `--failed`",
            )

    def wish(self, point: "Point", part: "Part", *, dry_run: bool) -> "Wish":
        """What is asked of the resource."""
        from vrooli.backup.chains import room_of
        from vrooli.stack.upgrading import Wish

        way, room = self._ways.get(part.service), room_of(part, self._store)
        along: dict[str, Any] = {}
        if way is not None and way.files and self._moment is not None:
            along = {"until": self._moment.text, "timeline": way.timeline}
            room += way.size
        return Wish(restore=point.id, room=room, dry_run=dry_run, store=self._name, **along)

    def tell(self) -> None:
        """Say what will be there, and what will not."""
        followed = {service for service, way in self._ways.items() if way.files}
        for point in self._points:
            proof = self._store.proof(point.id)
            state = proof.outcome if proof else "unverified"
            names = [part.service for one, part in self.parts if one.id == point.id]
            render.note(f"{point.id}, {when(point.taken)}, {state}: {', '.join(names)}")
            if not followed.issuperset(names):
                ago = render.ago(point.taken)
                render.note(f"  what was written since, {ago}, is not in it")
        for service, way in self._ways.items():
            self._tell_way(service, way)

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
