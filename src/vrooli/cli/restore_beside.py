"""`vrooli restore --side-by-side`, `--into` and `--only TABLE`: nothing that serves changes."""

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vrooli.cli import render
from vrooli.cli.backup_words import PHYSICAL, note
from vrooli.cli.bar import Bar
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import Kit
from vrooli.cli.restore_parts import fetch
from vrooli.cli.restore_table import rescue
from vrooli.core.errors import UsageError
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.core.home import Home

    Found = list[tuple[Point, Part]]

_ENDS = "`vrooli restore --side-by-side --stop` ends it, and removes the copy"


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be done beside what serves: `--side-by-side`, `--stop`, `--into`; with `dry_run`
    it is only told.
    """

    side_by_side: bool
    stop: bool
    into: Path | None
    dry_run: bool = False

    @property
    def wanted(self) -> bool:
        """Whether any of it is.

        Raises:
            UsageError: they do not go together.
        """
        if self.stop and not self.side_by_side:
            raise UsageError("`--stop` ends a copy", next_step="say `--side-by-side --stop`")
        if self.stop and self.dry_run:
            raise UsageError("`--stop` ends a copy", next_step="leave `--dry-run` out")
        if self.side_by_side and self.into is not None:
            raise UsageError(
                "`--side-by-side` and `--into` exclude each other",
                next_step="leave one of them out",
            )
        return self.side_by_side or self.into is not None


def beside(backups: "Backups", found: "Found", table: str, look: Look, *, json: bool) -> None:
    """Do it, with what was `found` to be meant, or with a table of it."""
    from vrooli.backup.point import ARCHIVES
    from vrooli.stack.upgrading import Wish

    copies = [part for _, part in found if part.source == PHYSICAL]
    databases = {
        part.service: point for point, part in found if part.source in (PHYSICAL, *ARCHIVES)
    }
    if look.into is not None and not table and len(copies) < len(found):
        _unpacked(backups, found, look, json=json)
        return
    require_one(databases, meant=not (table and look.wanted))
    ((service, point),) = databases.items()
    if look.dry_run:
        meant = [one for one in found if one[1].service == service]
        tell_would(meant, _would(table, look), json=json)
    elif table:
        rescue(backups, Wish(restore=point.id), service, table, json=json)
    elif look.into is not None:
        into(backups, point.id, service, look.into, json=json)
    else:
        side_by_side(backups, point.id, service, json=json)


def require_one(databases: Collection[str], *, meant: bool = True) -> None:
    """Raise UsageError: there are others, or it is not what is `meant`."""
    if len(databases) != 1 or not meant:
        raise UsageError(
            "which database is meant is not said",
            next_step=f"say `--only` with one of: {', '.join(databases) or 'none'}",
        )


def require_one_of(found: "Found", table: str, words: Sequence[str], *, moment: bool) -> None:
    """Raise UsageError: a table may be of several databases; `words` are the command but for it,
    and with a `moment` archives are no choice.
    """
    from vrooli.backup.point import ARCHIVES

    sources = (PHYSICAL,) if moment else (PHYSICAL, *ARCHIVES)
    names = dict.fromkeys(part.service for _, part in found if part.source in sources)
    if len(names) > 1:
        ways = [f"`{shlex.join([*words, '--only', f'{name}:{table}'])}`" for name in names]
        raise UsageError(
            f"which database {table} is of is not said: there are {', '.join(names)}",
            next_step=" or ".join(ways),
        )


def side_by_side(backups: "Backups", point: str, service: str, *, json: bool) -> None:
    """Have it serve beside the one in force, and tell how one gets in."""
    with (
        interruptible("nothing is left of it", "the same command begins anew"),
        Bar(note, quiet=json) as bar,
    ):
        entrance = backups.begin_beside(point, service, bar.told)
    if json:
        render.print_json({"point": point, "service": service, "connect": entrance})
        return
    render.out(f"{service} of {point} serves beside the one in force; who asks it reads only")
    render.out(f"  {entrance}")
    render.out(f"  {render.as_called(_ENDS)}")


def end(kit: Kit, home: "Home", backups: "Backups", words: Sequence[str], *, json: bool) -> None:
    """End a copy that serves beside, of any of the databases that `words` name, and remove it. No
    store is asked: it may be away.
    """
    stack = kit.compiled(home)
    services = stack.services.values() if stack else ()
    databases = [one.name for one in services if one.kind == "postgres" and one.managed]
    named = [one for one in databases if not words or {one, "postgres"} & {*words}]
    ended = [service for service in named if backups.end_beside(service)]
    if json:
        render.print_json({"services": ended, "ended": bool(ended)})
    else:
        render.note("it is ended and removed" if ended else "there is none")


def _unpacked(backups: "Backups", found: "Found", look: Look, *, json: bool) -> None:
    assert look.into is not None
    if look.dry_run:
        tell_would(found, _would("", look), json=json)
        return
    with interruptible("not all of it is there", f"remove what is in {look.into}, then again"):
        done = [fetch(backups, point, part, look.into, json=json) for point, part in found]
    if json:
        render.print_json(done)


def tell_would(found: "Found", would: str, *, json: bool, **more: str | int) -> None:
    """What would be done with it; `more` of it for programs."""
    if json:
        rows = [{"point": p.id, "service": one.service, "bytes": one.plain} for p, one in found]
        render.print_json({"would": would, "of": rows, **more})
        return
    for point, part in found:
        render.note(f"  {part.service} of {point.id}, {rough_size(part.plain)}, {would}")
    render.note("  nothing was done")


def _would(table: str, look: Look) -> str:
    if table:
        return f"would be fetched, and {table} put into a schema beside the one that serves"
    if look.into is not None:
        return f"would be unpacked into {look.into}"
    return "would serve beside the one in force"


def into(backups: "Backups", point: str, service: str, folder: Path, *, json: bool) -> None:
    """Unpack it, and tell how a server is started on it."""
    with (
        interruptible("it is not whole", f"remove what is in {folder}, then again"),
        Bar(note, quiet=json) as bar,
    ):
        server, entrance = backups.into(point, service, folder.absolute(), bar.told)
    if json:
        told = {"point": point, "service": service, "folder": str(folder.absolute())}
        render.print_json({**told, "start": server, "connect": entrance})
        return
    render.out(f"{service} of {point} is in {folder}. A server on it, which only reaches itself:")
    render.out(f"  {server}")
    render.out("and in:")
    render.out(f"  {entrance}")


def require_no_moment(to: str) -> None:
    """Raise UsageError: a copy is of a whole point."""
    if to:
        raise UsageError(
            "`--to` is for what is put in force, and for a table; a copy is of a whole point",
            next_step="leave `--to` out: `vrooli backup list` shows the points",
        )
