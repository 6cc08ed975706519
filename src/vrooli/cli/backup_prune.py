"""`vrooli backup prune` and `retention`."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.asking import require_answer
from vrooli.cli.backup_words import rests, when
from vrooli.cli.changes import counted
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, NotOurs, UsageError
from vrooli.core.plain import plain_lines
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.pruning import Pruning

_PRUNE_HELP = """
Remove restore points that need not be kept any more: `keep_days`, `keep_weeks`, `keep_months` and
`keep_years` of [backup] say how much is. The newest verified one of each service, what is younger
than it, and what another one is made on stay in any case.

Examples:

  vrooli backup prune --dry-run

  vrooli backup prune --yes --json
"""

_RETENTION_HELP = """
Which restore points `vrooli backup prune` would remove, why the others stay, and how many bytes
would come free. It removes nothing.

Example:

  vrooli backup retention
"""

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and why; no more.")]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @group.command(help=_PRUNE_HELP)
    def prune(
        dry_run: DryRun = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        if dry_run:
            _show(kit.backups(home_to_read(kit, file)).plan_pruning(), json=json)
            return
        backups = kit.backups(home_to_change(kit, file))
        if rests(backups) or not (yes or _meant(backups)):
            return
        found = backups.prune()
        _show(found, json=json, done=True)
        if any(not isinstance(error, NotOurs) for error in found.failures.values()):
            raise typer.Exit(EXIT_FAILURE)

    @group.command(help=_RETENTION_HELP)
    def retention(dry_run: DryRun = True, file: File = None, json: Json = False) -> None:
        _show(kit.backups(home_to_read(kit, file)).plan_pruning(), json=json)


def _meant(backups: "Backups") -> bool:
    found = backups.plan_pruning()
    if not found.gone:
        render.note("nothing goes: all of them are to be kept")
        return False
    if not sys.stdin.isatty():
        raise UsageError(
            f"this removes {counted(len(found.gone), 'restore point')}, and nobody can be asked",
            next_step="say `--yes` if it is meant; `--dry-run` tells which",
        )
    _show(found, json=False)
    require_answer(f"remove {counted(len(found.gone), 'restore point')}? [y/N]")
    return True


def _show(found: "Pruning", *, json: bool, done: bool = False) -> None:
    rows = [_row(found, one.id, one.stays, one.why) for one in found.verdicts]
    if json:
        failures = {name: str(error) for name, error in found.failures.items()}
        told = {"freed_bytes": found.freed, "removed": done, "failures": failures}
        render.print_json({"points": rows, **told})
        return
    if rows:
        cells = [
            (
                row["id"],
                when(row["taken"]),
                ", ".join(row["services"]),
                rough_size(row["stored_bytes"]),
                "stays" if row["stays"] else "goes",
                "; ".join(row["why"]),
            )
            for row in rows
        ]
        render.table(("POINT", "TAKEN", "OF", "SIZE", "VERDICT", "WHY"), cells)
    stay = len(rows) - len(found.gone)
    for name, error in found.failures.items():
        render.note(f"{name}: {plain_lines(str(error))}")
    gone, kept, came = ("removed", "kept", "came") if done else ("go", "stay", "would come")
    render.note(f"{len(found.gone)} {gone}, {stay} {kept}; {rough_size(found.freed)} {came} free")


def _row(found: "Pruning", id: str, stays: bool, why: tuple[str, ...]) -> dict[str, Any]:
    point = found.points[id]
    return {
        "id": id,
        "taken": point.taken,
        "services": [part.service for part in point.parts],
        "stored_bytes": point.size,
        "stays": stays,
        "why": list(why),
    }
