"""`vrooli restore --side-by-side`, `--into` and `--only TABLE`: nothing that serves changes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vrooli.cli import render
from vrooli.cli.backup_words import note
from vrooli.cli.interrupt import interruptible
from vrooli.cli.restore_parts import fetch
from vrooli.cli.restore_table import rescue
from vrooli.core.errors import UsageError

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point

PHYSICAL = "postgres-physical"
"""The form of a part that a server can be started on."""

_ENDS = "`vrooli restore --side-by-side --stop` ends it, and removes the copy"


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done beside what serves: `--side-by-side`, `--stop`, `--into`."""

    side_by_side: bool
    stop: bool
    into: Path | None

    @property
    def wanted(self) -> bool:
        """Whether any of it is.

        Raises:
            UsageError: they do not go together.
        """
        if self.stop and not self.side_by_side:
            raise UsageError("`--stop` ends a copy", next_step="say `--side-by-side --stop`")
        if self.side_by_side and self.into is not None:
            raise UsageError(
                "`--side-by-side` and `--into` exclude each other",
                next_step="leave one of them out",
            )
        return self.side_by_side or self.into is not None


def beside(
    backups: "Backups", found: "list[tuple[Point, Part]]", table: str, look: Look, *, json: bool
) -> None:
    """Do it, with what was `found` to be meant, or with a table of it."""
    from vrooli.backup.point import ARCHIVES

    copies = [part for _, part in found if part.source == PHYSICAL]
    databases = {
        part.service: point for point, part in found if part.source in (PHYSICAL, *ARCHIVES)
    }
    if look.into is not None and not table and len(copies) < len(found):
        for point, part in found:
            fetch(backups, point, part, look.into)
        return
    if len(databases) != 1 or (table and look.wanted):
        raise UsageError(
            "which database is meant is not said",
            next_step=f"say `--only` with one of: {', '.join(databases) or 'none'}",
        )
    ((service, point),) = databases.items()
    if table:
        rescue(backups, point.id, service, table, json=json)
    elif look.into is not None:
        into(backups, point.id, service, look.into, json=json)
    elif look.stop:
        stop(backups, service, json=json)
    else:
        side_by_side(backups, point.id, service, json=json)


def side_by_side(backups: "Backups", point: str, service: str, *, json: bool) -> None:
    """Have it serve beside the one in force, and tell how one gets in."""
    with interruptible("nothing is left of it", "the same command begins anew"):
        entrance = backups.begin_beside(point, service, note)
    if json:
        render.print_json({"point": point, "service": service, "connect": entrance})
        return
    render.out(f"{service} of {point} serves beside the one in force; who asks it reads only")
    render.out(f"  {entrance}")
    render.out(f"  {render.as_called(_ENDS)}")


def stop(backups: "Backups", service: str, *, json: bool) -> None:
    """End that."""
    ended = backups.end_beside(service)
    if json:
        render.print_json({"service": service, "ended": ended})
    else:
        render.note("it is ended and removed" if ended else "there is none")


def into(backups: "Backups", point: str, service: str, folder: Path, *, json: bool) -> None:
    """Unpack it, and tell how a server is started on it."""
    with interruptible("it is not whole", f"remove what is in {folder}, then again"):
        server, entrance = backups.into(point, service, folder.absolute(), note)
    if json:
        told = {"point": point, "service": service, "folder": str(folder.absolute())}
        render.print_json({**told, "start": server, "connect": entrance})
        return
    render.out(f"{service} of {point} is in {folder}. A server on it, which only reaches itself:")
    render.out(f"  {server}")
    render.out("and in:")
    render.out(f"  {entrance}")


def require_no_moment(to: str) -> None:
    """Raise UsageError: a copy or a table is of a whole point."""
    if to:
        raise UsageError(
            "`--to` is for what is put in force; a copy or a table is of a whole point",
            next_step="leave `--to` out: `vrooli backup list` shows the points",
        )
