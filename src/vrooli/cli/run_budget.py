"""Budgets of runs, as people write and read them."""

import json as jsonlib
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.client.work import ENDED
from vrooli.core.amounts import dollars, length
from vrooli.core.errors import UsageError

_KINDS = ("cost", "tokens", "steps", "time")

MONTHLY = ("cost", "tokens")
"""What all runs of somebody may spend together."""


_HELP = """
Show what a run spent and may spend, a swarm with all that it started. With limits, change them, for
the kinds that it has a limit of: one that paused at a limit goes on at once, one that failed at a
limit with `vrooli run retry`.

Time can be changed only while nobody drives the run.

Examples:

  vrooli run budget 3f2a9c4e81d07b65

  vrooli run budget 3f2a9c4e81d07b65 cost=5

  vrooli run budget 3f2a9c4e81d07b65 tokens=200000,steps=1000,on_limit=stop
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @group.command(help=_HELP)
    def budget(
        run: Annotated[str, typer.Argument(help="The run.", metavar="RUN")],
        limits: Annotated[
            str | None,
            typer.Argument(help="Others, as of `run start --budget`.", metavar="[LIMITS]"),
        ] = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        if limits is None:
            found = kit.work(home_to_read(kit, file)).run(run)
        else:
            found = kit.work(home_to_change(kit, file)).change_budget(run, given(limits))
        if json:
            render.print_json(found)
        else:
            show(found, whole=True)


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


def show(run: Mapping[str, Any], *, whole: bool = False) -> None:
    """What it spent, where there is something to tell; the `whole` of it in any case."""
    budget, ended = run["budget"], run["status"] in ENDED
    lines = {kind: budget[kind] for kind in _KINDS}
    limited = [kind for kind, line in lines.items() if line["limit"] is not None]
    if whole or limited or lines["tokens"]["spent"] or lines["tokens"]["reserved"]:
        render.out()
        rows = [_row(kind, line, ended) for kind, line in lines.items()]
        render.table(("BUDGET", "SPENT", "SET ASIDE", "LIMIT", "LEFT", "REACHED"), rows)
        if budget["unpriced"]:
            render.out(f"without the cost of {budget['unpriced']} requests whose price nobody knew")
    if budget.get("owner") and not ended:
        owner = budget["owner"]
        render.out(f"all runs of {owner['owner']} in {owner['month']}: {of_month(owner)}")


def of_month(budget: Mapping[str, Any]) -> str:
    """What somebody's runs have spent of what they may in a month."""
    lines = [(kind, budget[kind]) for kind in MONTHLY if budget[kind]["limit"] is not None]
    return ", ".join(
        f"{written(kind, line['spent'])} of {_whole(kind, line['limit'])}" for kind, line in lines
    )


def _whole(kind: str, value: float) -> str:
    return f"{int(value)} tokens" if kind == "tokens" else written(kind, value)


def _row(kind: str, line: Mapping[str, Any], ended: bool) -> tuple[str, ...]:
    values = [written(kind, line[name]) for name in ("spent", "reserved", "limit")]
    values.append(written(kind, left(line)))
    forecast = line["forecast"]
    at = "-" if forecast is None or ended else f"in {render.until(forecast)}"
    return kind, *values, at


def short(budget: Mapping[str, Any]) -> str:
    """In one line: what was spent, of what is limited."""
    said = []
    for kind in _KINDS:
        line = budget[kind]
        if line["limit"] is not None:
            said.append(f"{kind} {written(kind, line['spent'])} of {written(kind, line['limit'])}")
        elif line["spent"] and kind != "time":
            said.append(f"{kind} {written(kind, line['spent'])}")
    return ", ".join(said)


def left(line: Mapping[str, Any]) -> float | None:
    """What may still be spent of one kind; None where nothing limits it."""
    if line["limit"] is None:
        return None
    return max(0, line["limit"] - line["spent"] - line["reserved"])  # type: ignore[no-any-return]


def written(kind: str, value: float | None) -> str:
    """An amount with its unit; `-` for none."""
    if value is None:
        return "-"
    if kind == "cost":
        return dollars(value)
    return length(value) if kind == "time" else str(value)
