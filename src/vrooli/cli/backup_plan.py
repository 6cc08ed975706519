"""`vrooli backup schedule` and `objectives`."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from vrooli.cli import render
from vrooli.cli.job import JOB_TITLES, job_row
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.core.sizes import rough_size
from vrooli.stack.durations import rough_duration

if TYPE_CHECKING:
    from vrooli.stack.backup_standing import Standing
    from vrooli.stack.model import Stack

_SCHEDULE_HELP = """
What is done by itself: when each part is due, how its last run ended, and how far it stands back
for others. The watchdog runs them as jobs: `vrooli job run backup` runs one now,
`vrooli job logs backup` shows what it wrote.

Example:

  vrooli backup schedule
"""

_OBJECTIVES_HELP = """
What may be lost (RPO) and how long a restore may take (RTO), against what is so: the age of the
newest good restore point of each service, and the time of its last drill.

Example:

  vrooli backup objectives --json
"""

OFF = "nothing is done by itself: write [backup] into vrooli.toml, then `vrooli up`"


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @group.command(help=_SCHEDULE_HELP)
    def schedule(file: File = None, json: Json = False) -> None:
        home = home_to_read(kit, file)
        stack = _stack(kit, home)
        jobs = kit.watchdog(home).jobs() if stack.backup.enabled else []
        rows = [job for job in jobs if (one := stack.jobs.get(job["name"])) and one.own]
        if json:
            render.print_json([{**row, "ionice": "idle"} for row in rows])
        elif not rows:
            render.note(OFF)
        else:
            render.table(JOB_TITLES, [job_row(job) for job in rows])
            render.note(_stands_back(stack))

    @group.command(help=_OBJECTIVES_HELP)
    def objectives(file: File = None, json: Json = False) -> None:
        from vrooli.stack.backup_standing import standings

        home, now = home_to_read(kit, file), time.time()
        stack, ledger = _stack(kit, home), kit.backups(home).ledger()
        rows = [_row(one, now) for one in standings(stack, ledger, now)]
        if json:
            render.print_json(rows)
            return
        if not stack.backup.enabled:
            render.note(OFF)
        titles = ("SERVICE", "RPO", "ALLOWED", "NEWEST GOOD POINT", "RTO", "ALLOWED", "LAST DRILL")
        render.table(titles, [_cells(row, now) for row in rows])


def _stands_back(stack: "Stack") -> str:
    rate = stack.backup.rate
    reads = (
        f"reads at most {rough_size(rate)} a second" if rate else "reads as fast as it can (`rate`)"
    )
    return f"each of them: nice {stack.backup.nice}, ionice idle; a backup {reads}"


def _stack(kit: Kit, home: Home) -> "Stack":
    stack = kit.compiled(home)
    if stack is None:
        raise UsageError(
            "there is no stack here yet", where=str(home.root), next_step="`vrooli up` makes it"
        )
    return stack


def _row(one: "Standing", now: float) -> dict[str, Any]:
    drill, age = one.drill, one.age(now)
    return {
        "service": one.service,
        "rpo": age,
        "rpo_objective": one.rpo,
        "rpo_met": age is not None and age <= one.rpo,
        "streamed": one.streamed,
        "point": one.good.id if one.good else None,
        "planned_every": one.gap,
        "rto": drill.rto if drill and drill.ok else None,
        "rto_objective": one.rto,
        "rto_met": drill is not None and drill.ok and drill.rto <= one.rto,
        "drill": asdict(drill) if drill else None,
    }


def _cells(row: Mapping[str, Any], now: float) -> tuple[str, ...]:
    drill = row["drill"]
    return (
        row["service"],
        _judged(row["rpo"], met=row["rpo_met"]),
        rough_duration(row["rpo_objective"]),
        row["point"] or "none",
        _judged(row["rto"], met=row["rto_met"]),
        rough_duration(row["rto_objective"]),
        "never" if drill is None else f"{render.ago(drill['at'], now)} ago",
    )


def _judged(seconds: float | None, *, met: bool) -> str:
    return "-" if seconds is None else rough_duration(seconds) + ("" if met else " (over)")
