"""`vrooli restore`: going back to a restore point, or to a moment after it."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note, size, when
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.lifecycle import follow
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, Refused, UsageError

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.core.home import Home
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

  vrooli restore 20261128t075212z-3f09ab --yes

  vrooli restore latest --from offsite
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
        home = home_to_change(kit, file)
        asked = _Asked(wanted, to, point_only, failed)
        plan = _Plan(kit.backups(home).only(from_, note), asked, from_)
        if not json:
            plan.tell()
        for part in plan.point.parts:
            if not (dry_run or yes):
                _ask(part.service)
            _restored(kit, home, part, plan.wish(part, dry_run=dry_run), json=json)


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
    """Which point, and which WAL."""

    def __init__(self, backups: "Backups", asked: _Asked, store: str) -> None:
        from vrooli.stack.postgres.wal.moments import moment

        self._backups, self._asked = backups, asked
        self._name, self._store = store, backups.store()
        self._moment: Moment | None = None
        if not asked.point_only:
            self._moment = moment(asked.to or "latest", time.time())
        self._newest = self._store.newest_good() if not asked.point else None
        self._ways = self._found()
        self.point = self._chosen()

    def _found(self) -> "dict[str, Way]":
        if self._moment is None or self._newest is None:
            return {}
        found = {
            part.service: self._backups.way(part.service, self._moment)
            for part in self._newest.parts
            if part.source == _PHYSICAL
        }
        if self._asked.to and not found:
            raise UsageError(
                "only a PostgreSQL can go back to a moment",
                next_step="leave `--to` out: a restore point is gone back to as a whole",
            )
        return found

    def _chosen(self) -> "Point":
        """What the way begins at; else the one that was named, or the newest good one."""
        if self._ways:
            first = min(self._ways.values(), key=lambda way: way.base.taken)
            return self._good(first.base.id)
        return self._good(self._asked.point) if self._newest is None else self._newest

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
        return Wish(restore=self.point.id, room=room, dry_run=dry_run, store=self._name, **along)

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


def _restored(kit: Kit, home: "Home", part: "Part", wish: "Wish", *, json: bool) -> None:
    begun = time.monotonic()
    if not follow(kit.upgrade(home, part.service, wish), json=json).get("ok"):
        raise typer.Exit(EXIT_FAILURE)
    if not (json or wish.dry_run):
        render.note(f"  restored in {time.monotonic() - begun:.1f} s")


def _ask(service: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"this replaces the data of {service}, and nobody can be asked here",
            next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
        )
    sys.stderr.write(f"replace the data of {service}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        render.note("nothing was changed")
        raise typer.Exit(EXIT_FAILURE)
