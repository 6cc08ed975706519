"""Restoring one part of a restore point: a resource by an operation, files by themselves."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note, size
from vrooli.cli.kit import Kit
from vrooli.cli.lifecycle import follow
from vrooli.core.errors import EXIT_FAILURE, UsageError
from vrooli.core.home import Home

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.stack.upgrading import Wish

_MOST_SHOWN = 200
"""Lines of differences."""


def is_resource(part: "Part") -> bool:
    """Whether a service holds it, and is restored by an operation."""
    from vrooli.stack.backing import TREE

    return part.form != TREE


def without_system(parts: "list[tuple[Point, Part]]", *, asked: bool) -> "list[tuple[Point, Part]]":
    """What a stack is made of is not put over what runs.

    Raises:
        UsageError: nothing else was asked for.
    """
    kept = [one for one in parts if one[1].source != "system"]
    if parts and not kept:
        raise UsageError(
            "what a stack is made of is not put over what runs",
            next_step="name a folder for it: `--into FOLDER`",
        )
    if asked and len(kept) < len(parts):
        render.note("  system is left out: `--only system --into FOLDER` unpacks it")
    return kept


def fetch(backups: "Backups", point: "Point", part: "Part", into: Path) -> None:
    """Unpack it below `into`, in a folder of its own name, and touch nothing else."""
    from vrooli.backup.backups import Fetched

    folder = into / part.service
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    backups.fetch(Fetched(point.id, part.service, folder), note)
    render.out(f"{part.service} of {point.id}: {size(part.plain)} in {folder}")


def files(backups: "Backups", point: "Point", part: "Part", *, dry_run: bool) -> None:
    """Put them where they were; with `dry_run` only say how they differ."""
    if not dry_run:
        backups.restore_files(point.id, part.service, render.out)
        return
    count = 0
    for line in backups.differences(point.id, part.service):
        count += 1
        if count <= _MOST_SHOWN:
            render.out(f"  {render.plain(line)}")
    hidden = f", {count - _MOST_SHOWN} of them not shown" if count > _MOST_SHOWN else ""
    render.note(f"  {part.service}: {count} differences from {point.id}{hidden}")


def resource(kit: Kit, home: Home, part: "Part", wish: "Wish", *, json: bool) -> None:
    """Have its data in force.

    Raises:
        Exit: it could not be; why was told.
    """
    begun = time.monotonic()
    if not follow(kit.upgrade(home, part.service, wish), json=json).get("ok"):
        raise typer.Exit(EXIT_FAILURE)
    if not (json or wish.dry_run):
        render.note(f"  restored in {time.monotonic() - begun:.1f} s")


def ask(service: str) -> None:
    """Whether it is meant.

    Raises:
        UsageError: nobody can be asked.
        Exit: it is not.
    """
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
