"""`vrooli backup drill`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, spark
from vrooli.cli.backup_words import note, rests, when
from vrooli.cli.bar import Bar
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, UsageError
from vrooli.core.plain import plain_lines

if TYPE_CHECKING:
    from vrooli.stack.backup_ledger import Drill

_HELP = """
Practise a restore beside what serves, and compare it with the objectives.

Without a point it is of each part the newest one, as `vrooli restore` takes it. RTO is the time
until the copy answers its first query, with all fetching. RPO is the time whose writes would be
lost: what serves has them, and the copy has not. Ends with 1 when it failed or misses an objective.
It is refused while more than 4 tasks per processor run or wait, or when there is not 1.25 times as
much room as the data is large.

Examples:

  vrooli backup drill

  vrooli backup drill 20261128t075212z-3f09ab --only postgres

  vrooli backup drill --history
"""

_SPARK = 40
"""Drills that a line of blocks shows."""

Wanted = Annotated[
    str | None,
    typer.Argument(
        help="Its id, or how that begins; else the newest of each part.",
        metavar="[POINT]",
        show_default=False,
    ),
]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @group.command(help=_HELP)
    def drill(
        wanted: Wanted = None,
        only: Annotated[
            str, typer.Option("--only", help="Practise this alone.", metavar="SERVICE")
        ] = "",
        busy: Annotated[
            bool, typer.Option("--busy", help="Also while the machine has much to do.")
        ] = False,
        history: Annotated[
            bool, typer.Option("--history", help="Show those of before, and practise nothing.")
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        if history:
            if wanted or busy:
                raise UsageError(
                    "`--history` practises nothing",
                    next_step="leave it out, or the point and `--busy`",
                )
            _history(kit.backups(home_to_read(kit, file)).ledger().drills, only, json=json)
            return
        backups = kit.backups(home_to_change(kit, file))
        if rests(backups):
            return
        with Bar(note, quiet=json) as bar:
            found = backups.drill(wanted or "latest", only, bar.told, busy=busy)
        if json:
            render.print_json([_row(one) for one in found])
        else:
            for one in found:
                _tell(one)
        if not all(one.met for one in found):
            raise typer.Exit(EXIT_FAILURE)


def _row(one: "Drill") -> Mapping[str, Any]:
    from dataclasses import asdict

    return {**asdict(one), "met": one.met}


def _tell(one: "Drill") -> None:
    from vrooli.stack.durations import rough_duration

    if not one.ok:
        render.out(f"{one.service}: {render.paint('failed', 'failed')} after {one.rto:.1f} s")
        render.note(plain_lines(one.why))
        return
    took, may = rough_duration(one.rto), rough_duration(one.rto_objective)
    render.out(f"{one.service} of {one.point}: it answers after {took}")
    render.out(f"  RTO {_compared(one.rto, one.rto_objective)}: {took}, {may} are allowed")
    lost, may = rough_duration(one.rpo), rough_duration(one.rpo_objective)
    missing = f"the writes of {lost} would be lost" if one.rpo else "nothing would be lost"
    render.out(f"  RPO {_compared(one.rpo, one.rpo_objective)}: {missing}, those of {may} may be")


def _compared(is_: float, allowed: float) -> str:
    met = is_ <= allowed
    return render.paint("met" if met else "missed", "ok" if met else "failed")


def _history(drills: "Sequence[Drill]", only: str, *, json: bool) -> None:
    shown = [one for one in drills if only in ("", one.service)]
    if json:
        render.print_json([_row(one) for one in shown])
        return
    if not shown:
        render.note("nothing was practised yet: `vrooli backup drill` does")
        return
    render.table(("WHEN", "POINT", "OF", "RTO", "RPO", "OUTCOME"), [_cells(one) for one in shown])
    if spark.wanted():
        for line in _lines(shown):
            render.out(line)


def _cells(one: "Drill") -> Sequence[str]:
    from vrooli.stack.durations import rough_duration

    outcome = "met" if one.met else "missed" if one.ok else "failed"
    rto, rpo = (rough_duration(one.rto), rough_duration(one.rpo)) if one.ok else ("-", "-")
    return when(one.at), one.point, one.service, rto, rpo, outcome


def _lines(drills: "Sequence[Drill]") -> list[str]:
    """One line of blocks a service: where its RTO goes."""
    from vrooli.stack.durations import rough_duration

    lines = []
    for name in dict.fromkeys(one.service for one in drills):
        times = [one.rto for one in drills if one.service == name and one.ok][-_SPARK:]
        if len(times) > 1:
            low, high = rough_duration(min(times)), rough_duration(max(times))
            blocks = spark.sparkline(times, _SPARK)
            lines.append(f"RTO of {name}: {blocks}  {low} to {high}")
    return lines
