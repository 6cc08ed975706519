"""Restoring the parts of restore points: a resource by an operation, files by themselves."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note
from vrooli.cli.bar import Bar
from vrooli.cli.kit import Kit
from vrooli.cli.restore_asking import failed_at, meant, tell_staying
from vrooli.cli.restore_told import Restoring
from vrooli.core.errors import EXIT_FAILURE, UsageError
from vrooli.core.home import Home
from vrooli.core.plain import plain
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.files_plan import FilesPlan
    from vrooli.backup.point import Part, Point
    from vrooli.cli.restore_plan import Plan

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
    if parts and not kept and not asked:
        raise UsageError(
            "there is no copy of a service or of files to go back to",
            next_step="`vrooli backup run` takes one; a point that holds archives is named: "
            "`vrooli restore POINT`",
        )
    if parts and not kept:
        raise UsageError(
            "what a stack is made of is not put over what runs",
            next_step="name a folder for it: `--into FOLDER`",
        )
    if asked and len(kept) < len(parts):
        render.note("  system is left out: `--only system --into FOLDER` unpacks it")
    return kept


def fetch(
    backups: "Backups", point: "Point", part: "Part", into: Path, *, json: bool
) -> dict[str, Any]:
    """Unpack it below `into`, in a folder of its own name, and touch nothing else.

    Raises:
        StorageError: there can be no such folder.
    """
    from vrooli.backup.backups import Fetched
    from vrooli.backup.fetching import made_for

    with made_for(into / part.service) as folder, Bar(note, quiet=json) as bar:
        backups.fetch(Fetched(point.id, part.service, folder), bar.told)
    if not json:
        _tell_unpacked(point, part, folder)
    return {"point": point.id, "service": part.service, "folder": str(folder.absolute())}


def _tell_unpacked(point: "Point", part: "Part", folder: Path) -> None:
    from vrooli.backup.point import ARCHIVES

    render.out(f"{part.service} of {point.id}: {rough_size(part.plain)} in {folder}")
    if part.source in ARCHIVES:
        for number, database in enumerate((part.facts.get("rows") or {}).get("databases", ())):
            render.out(plain(f"  {folder}/{number:04}: the archive of {database}"))


def files(
    backups: "Backups", point: "Point", part: "Part", *, dry_run: bool, json: bool
) -> dict[str, Any]:
    """Put them where they were; with `dry_run` only say how they differ."""
    lines: list[str] = []
    told: dict[str, Any] = {"point": point.id, "service": part.service, "ok": True}
    out = lines.append if json else render.out
    if not dry_run:
        with Bar(out, quiet=json) as bar:
            backups.restore_files(point.id, part.service, bar.told)
        return {**told, "did": lines}
    count = 0
    for line in backups.differences(point.id, part.service):
        count += 1
        if count <= _MOST_SHOWN:
            out(line if json else f"  {plain(line)}")
    hidden = f", {count - _MOST_SHOWN} of them not shown" if count > _MOST_SHOWN else ""
    plan = backups.plan_files(point.id, part.service)
    if not json:
        render.note(f"  {part.service}: {count} differences from {point.id}{hidden}")
        _tell_in_the_way(plan)
    return {**told, "differences": count, "shown": lines, "would": plan.lines()}


def _tell_in_the_way(plan: "FilesPlan") -> None:
    for line in plan.lines():
        render.note(plain(f"  {line}"))
    if (problem := plan.refused()) is not None:
        render.note(plain(f"  it cannot be done now: {problem.said_of('')}"))
        render.advise(problem.next_step)


@dataclass(frozen=True, slots=True)
class Mode:
    """How it is asked for.

    Attributes:
        only: what was named.
    """

    only: tuple[str, ...]
    dry_run: bool
    yes: bool
    json: bool


@dataclass(frozen=True, slots=True)
class Restorings:
    """The parts of a restore, one after the other.

    Attributes:
        begun: Unix seconds of the beginning of the command.
    """

    kit: Kit
    home: Home
    backups: "Backups"
    plan: "Plan"
    begun: float
    mode: Mode

    def carry_out(self) -> None:
        """Have them done, until one is not.

        Raises:
            Exit: that; why was told.
        """
        done: list[dict[str, Any]] = []
        for point, part in self._meant():
            done.append(self._one(point, part))
            if not done[-1].get("ok") or done[-1].get("unwell"):
                break
        well = all(one.get("ok") and not one.get("unwell") for one in done)
        if self.mode.json:
            render.print_json(done[0] if len(done) == 1 else {"ok": well, "parts": done})
        if not well:
            raise typer.Exit(EXIT_FAILURE)

    def _meant(self) -> "list[tuple[Point, Part]]":
        """All that is asked for, of those that will be replaced: nobody is asked half-way."""
        mode, parts = self.mode, self.plan.parts
        if mode.dry_run:
            if not mode.json:
                tell_staying(self.kit, self.home, [part for _, part in parts], mode.only)
            return parts
        named = meant(
            self.kit, self.home, [part for _, part in parts], only=mode.only, yes=mode.yes
        )
        return [one for one in parts if one[1].service in named]

    def _one(self, point: "Point", part: "Part") -> dict[str, Any]:
        mode = self.mode
        if not is_resource(part):
            return files(self.backups, point, part, dry_run=mode.dry_run, json=mode.json)
        ended = failed_at(self.kit, self.home, part.service)
        since = self.plan.since(point, part)
        restoring = Restoring(self.kit, self.home, part.service, self.begun, since, ended)
        return restoring.carry_out(
            self.plan.wish(point, part, dry_run=mode.dry_run), json=mode.json
        )
