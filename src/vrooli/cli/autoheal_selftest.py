"""`vrooli-autoheal selftest`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Optional

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit
from vrooli.cli.options import Json
from vrooli.core.errors import EXIT_FAILURE

_HELP = """
Break throw-away services on purpose and see whether the watchdog keeps its promises on this
machine: what is noticed and done, and whom it pages. All that in a folder and a stack of its own,
nothing that runs here is touched. What this machine cannot have (a disk or a clock of one's own)
is left out, and said. Exit code: 0 all promises that were tried were kept, 1 not all.

Example:

  vrooli-autoheal selftest --scenario kill --scenario mute
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HELP)
    def selftest(
        scenario: Annotated[
            Optional[list[str]],  # noqa: UP045 -- typer reads the annotation at run time
            typer.Option(
                "--scenario", help="Only this one; may be given several times.", metavar="NAME"
            ),
        ] = None,
        listed: Annotated[bool, typer.Option("--list", help="Only list the scenarios.")] = False,
        jobs: Annotated[int, typer.Option("--jobs", min=1, max=32, help="How many at a time.")] = 4,
        json: Json = False,
    ) -> None:
        if listed:
            _list(kit.scenarios(), json=json)
            return
        ended = []
        for report in kit.selftest(scenario or (), jobs):
            ended.append(report)
            if not json:
                _tell(report)
        if json:
            render.print_json(ended)
        else:
            render.out(_summary(ended))
        if any(report["ok"] is False for report in ended):
            raise typer.Exit(EXIT_FAILURE)


def _list(found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        render.print_json(found)
    else:
        rows = [(row["id"], row["fault"], row["promise"], ", ".join(row["pages"])) for row in found]
        render.table(("SCENARIO", "FAULT", "PROMISE", "PAGES"), rows)


def _summary(ended: Sequence[Mapping[str, Any]]) -> str:
    """What was not tried is not counted among what was kept."""
    kept, broken, left = (
        sum(1 for report in ended if report["ok"] is how) for how in (True, False, None)
    )
    untried = f", {left} not possible on this machine" if left else ""
    return f"{len(ended)} scenarios: {kept} kept, {broken} broken{untried}"


def _tell(report: Mapping[str, Any]) -> None:
    word = {True: "kept", False: "BROKEN", None: "not here"}[report["ok"]]
    render.out(f"{word:<8} {report['id']:<26} {report['seconds']:>6.1f} s")
    if report["said"]:
        render.out(f"         {report['said']}")
