"""Budgets of runs, as people write and read them."""

import json as jsonlib
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.client.work import ENDED
from vrooli.core.errors import UsageError

_KINDS = ("cost", "tokens", "steps", "time")


_HELP = """
Change what a run may spend, for the kinds that it has a limit of: so that one that paused at a
limit may go on.

Time can be changed only while nobody drives the run.

Examples:

  vrooli run budget 3f2a9c4e81d07b65 cost=5

  vrooli run budget 3f2a9c4e81d07b65 tokens=200000,steps=1000,on_limit=stop
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @group.command(help=_HELP)
    def budget(
        run: Annotated[str, typer.Argument(help="The run.", metavar="RUN")],
        limits: Annotated[str, typer.Argument(help="As of `run start --budget`.")],
        file: File = None,
        json: Json = False,
    ) -> None:
        found = kit.work(home_to_change(kit, file)).change_budget(run, given(limits))
        if json:
            render.print_json(found)
        else:
            show(found)


def given(said: str) -> dict[str, Any]:
    """Of `cost=2,tokens=100000`.

    Raises:
        UsageError: it cannot be read.
    """
    found: dict[str, Any] = {}
    for pair in filter(None, said.split(",")):
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            raise UsageError(
                f"expected NAME=VALUE, found {pair!r}",
                where="--budget",
                next_step="write `--budget NAME=VALUE`, like `--budget tokens=10000`",
            )
        try:
            found[name] = jsonlib.loads(value)
        except ValueError:
            found[name] = value
    return found


def show(run: Mapping[str, Any]) -> None:
    """What it spent, where there is something to tell."""
    budget = run["budget"]
    lines = {kind: budget[kind] for kind in _KINDS}
    limited = [kind for kind, line in lines.items() if line["limit"] is not None]
    if not limited and not lines["tokens"]["spent"] and not lines["tokens"]["reserved"]:
        return
    render.out()
    rows = [_row(kind, line, run["status"] in ENDED) for kind, line in lines.items()]
    render.table(("BUDGET", "SPENT", "SET ASIDE", "LIMIT", "REACHED"), rows)
    if budget["unpriced"]:
        render.out(f"without the cost of {budget['unpriced']} requests whose price nobody knew")


def _row(kind: str, line: Mapping[str, Any], ended: bool) -> tuple[str, ...]:
    values = [_written(kind, line[name]) for name in ("spent", "reserved", "limit")]
    forecast = line["forecast"]
    at = "-" if forecast is None or ended else f"in {render.until(forecast)}"
    return kind, *values, at


def _written(kind: str, value: float | None) -> str:
    if value is None:
        return "-"
    if kind == "cost":
        return f"{value:.6f}".rstrip("0").rstrip(".") + " $"
    return f"{value:.3g} s" if kind == "time" else str(value)
