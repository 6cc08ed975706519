"""Which parts of which restore points are gone back to, and along which WAL."""

import secrets
import time
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.backup_words import PHYSICAL, when
from vrooli.cli.interrupt import interruptible
from vrooli.core.errors import Refused, UsageError
from vrooli.core.plain import plain
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.stack.postgres.wal.choosing import Way
    from vrooli.stack.postgres.wal.moments import Moment
    from vrooli.stack.upgrading import Wish

    Parts = list[tuple[Point, Part]]


class Asked:
    """What was asked for."""

    def __init__(
        self, wanted: str, to: str, point_only: bool, failed: bool, *, reads: bool = False
    ) -> None:
        self.point = "" if wanted == "latest" else wanted
        self.to, self.failed = to, failed
        # Who only looks has time for it; who restores meets damage on the way.
        self.reads = reads
        # One whose proof failed begins no way.
        self.point_only = point_only or (bool(self.point or failed) and not to)
        if to and (self.point or point_only):
            raise UsageError(
                "`--to` chooses the point itself",
                next_step="leave the point and `--point-only` out",
            )


class Plan:
    """Which points, and which WAL.

    Attributes:
        parts: what is gone back to, each in its point.
    """

    def __init__(
        self, backups: "Backups", asked: Asked, store: str, parts: "Parts", *, named: bool
    ) -> None:
        from vrooli.stack.postgres.wal.moments import moment

        self._backups, self._asked = backups, asked
        self._name, self._store = store, backups.store()
        self._moment: Moment | None = None
        if not asked.point_only:
            self._moment = moment(asked.to or "latest", time.time())
        if asked.to:
            parts = _with_moments(parts, named=named)
        with interruptible("nothing was changed", "the same command begins anew"):
            self._ways = self._found(parts)  # all WAL that lies here is read
        self.parts = [self._begun(point, part) for point, part in parts]
        for point in self._points:
            self._require_good(point)

    @property
    def _points(self) -> "list[Point]":
        return list({point.id: point for point, _ in self.parts}.values())

    def _found(self, parts: "Parts") -> "dict[str, Way]":
        if self._moment is None or (self._asked.point and not self._asked.to):
            return {}
        return {
            part.service: self._backups.way(part.service, self._moment, reads=self._asked.reads)
            for _, part in parts
            if part.source == PHYSICAL
        }

    def _begun(self, point: "Point", part: "Part") -> "tuple[Point, Part]":
        """What its way begins at, where it has one."""
        way = self._ways.get(part.service)
        if way is None:
            return point, part
        base = self._store.point(way.base.id)
        return base, base.part_of(part.service) or part

    def _require_good(self, point: "Point") -> None:
        proof = self._store.last_look(point)
        if proof is not None and proof.outcome == "failed" and not self._asked.failed:
            raise Refused(
                f"its last proof failed: {proof.why}",
                where=point.id,
                next_step="choose another one (`vrooli backup list`), or say `--failed`",
            )

    def wish(self, point: "Point", part: "Part", *, dry_run: bool) -> "Wish":
        """What is asked of the resource."""
        from vrooli.backup.chains import room_of
        from vrooli.backup.point import ARCHIVES
        from vrooli.stack.upgrading import Wish

        way, room = self._ways.get(part.service), room_of(part, self._store)
        along: dict[str, Any] = {}
        if way is not None and way.files and self._moment is not None:
            along = {"until": self._moment.text, "timeline": way.timeline}
            room += way.room
        along["mark"] = secrets.token_hex(4)
        if part.source in ARCHIVES:
            along["archives"] = True
            room += int((part.facts.get("before") or {}).get("bytes", 0))
        return Wish(restore=point.id, room=room, dry_run=dry_run, store=self._name, **along)

    def since(self, point: "Point", part: "Part") -> float:
        """Unix seconds: what was committed before is in what is restored."""
        from vrooli.backup import following

        return following.since(point, part, self._ways.get(part.service), self._moment)

    def tell(self) -> None:
        """Say what will be there, and what will not."""
        followed = {service for service, way in self._ways.items() if way.files}
        for point in self._points:
            proof = self._store.last_look(point)
            state = proof.outcome if proof else "unverified"
            names = [part.service for one, part in self.parts if one.id == point.id]
            render.note(f"{point.id}, {when(point.taken)}, {state}: {', '.join(names)}")
            if proof is not None and proof.why:
                render.note(f"  {plain(proof.why.splitlines()[0])}")
            if rest := [name for name in names if name not in followed]:
                of = f" to {', '.join(rest)}" if len(rest) < len(names) else ""
                ago = render.ago(point.taken)
                render.note(f"  what was written{of} since, {ago}, is not in it")
        for service, way in self._ways.items():
            self._tell_way(service, way)

    def _tell_way(self, service: str, way: "Way") -> None:
        from vrooli.stack.postgres.wal.moments import told

        moment = self._moment
        if not way.files or moment is None:
            return
        render.note(
            f"  {service}: then {len(way.files)} files of WAL ({rough_size(way.size)}), timeline "
            f"{way.timeline}, received without a gap up to {told(way.until)}"
        )
        if way.mended:
            render.note(f"  damaged here, and taken from a store: {', '.join(way.mended)}")
        if moment.kind == "time":
            render.note(f"  what was committed after {told(moment.time)} is not in it")
        elif moment.kind == "lsn":
            render.note(f"  what was written after LSN {moment.text} is not in it")
        else:
            render.note("  what is committed from now on, until it changes places, is not in it")
        if way.gap:
            render.note(
                f"  {way.gap} of it is missing or damaged: later WAL leads on from no point before"
            )


def _with_moments(parts: "Parts", *, named: bool) -> "Parts":
    """Those that can go back to one; the rest stays as it is.

    Raises:
        UsageError: none can, or one that was named cannot.
    """
    found = [one for one in parts if one[1].source == PHYSICAL]
    rest = [part.service for _, part in parts if part.source != PHYSICAL]
    if not found or (named and rest):
        raise UsageError(
            f"only a PostgreSQL can go back to a moment: not {', '.join(rest)}",
            next_step="leave `--to` out, or them: a restore point is gone back to as a whole",
        )
    if rest:
        render.note(f"  {', '.join(rest)}: as they are, since only a PostgreSQL has moments")
    return found


def require_named(point: "Point", part: "Part", asked: Asked) -> None:
    """Refuse archives that nobody named: copies are what a restore goes back to by itself."""
    from vrooli.backup.point import ARCHIVES

    if part.source in ARCHIVES and not asked.point:
        raise Refused(
            f"of {part.service} there are archives alone, which become a new cluster",
            where=point.id,
            next_step=f"`vrooli restore {point.id}` if that is meant",
        )
