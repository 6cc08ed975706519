"""`vrooli-autoheal uptime`: how much of the time services were up."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, watchdog_of
from vrooli.cli.looking_back import csv_rows, one_format, span
from vrooli.cli.options import Csv, File, Json, MaybeCheck, Since, Until
from vrooli.stack.durations import rough_duration

_HELP = """
Show how much of the time services were up: of 24 hours, 7 days and 30 days, or since when you say.

Time is measured, not looks. What nobody saw is unknown and counts as neither; what an operator
stopped or worked on is off.

Examples:

  vrooli-autoheal uptime

  vrooli-autoheal uptime web --since 2026-11-01 --until 2026-12-01
"""

_TITLES = (
    "since", "until", "percent", "up_seconds", "warning_seconds", "down_seconds",
    "unknown_seconds", "off_seconds", "incidents", "longest_incident_seconds",
)  # fmt: skip

_All = Annotated[bool, typer.Option("--all", "-a", help="Also the checks of the machine.")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HELP)
    def uptime(  # noqa: PLR0913 -- one argument for each option
        check: MaybeCheck = None,
        since: Since = None,
        until: Until = None,
        everything: _All = False,
        file: File = None,
        json: Json = False,
        csv: Csv = False,
    ) -> None:
        one_format(json, csv)
        client = watchdog_of(kit, file)
        found = client.uptime(check=check, **span(since, until, "24h" if until else ""))
        if not check and not everything:
            found = [row for row in found if row["service"]]
        if json:
            render.print_json(found)
        elif csv:
            titles = ("check", *_TITLES)
            flat = [{"check": row["check"], **window} for row in found for window in row["windows"]]
            render.print_csv(titles, csv_rows(flat, titles))
        else:
            _print_uptime(found)


def percent(share: float | None) -> str:
    """A share with up to 3 decimals, rounded down: 100 % is only what never failed."""
    return "-" if share is None else f"{math.floor(share * 1000) / 1000:g}"


def _print_uptime(found: Sequence[Mapping[str, Any]]) -> None:
    if not found:
        render.out("there are no services")
    elif len(found[0]["windows"]) == 1:
        rows = [_one_window(_name(row), row["windows"][0]) for row in found]
        render.table(("CHECK", "UP %", "DOWN", "OFF", "UNKNOWN", "INCIDENTS", "LONGEST"), rows)
    else:
        rows = [_windows(row) for row in found]
        render.table(("CHECK", "24 H %", "7 D %", "30 D %", "INCIDENTS", "LONGEST"), rows)
        if any(_hardly_seen(window) for row in found for window in row["windows"]):
            render.out("* seen for less than half of the time")


def _one_window(name: str, window: Mapping[str, Any]) -> tuple[str, ...]:
    spans = [_span(window[f"{key}_seconds"]) for key in ("down", "off", "unknown")]
    return (name, percent(window["percent"]), *spans, *_counted(window))


def _windows(row: Mapping[str, Any]) -> tuple[str, ...]:
    shares = tuple(percent(w["percent"]) + ("*" if _hardly_seen(w) else "") for w in row["windows"])
    return (_name(row), *shares, *_counted(row["windows"][-1]))


def _name(row: Mapping[str, Any]) -> str:
    return str(row["service"] or row["check"])


def _counted(window: Mapping[str, Any]) -> tuple[str, str]:
    return (str(window["incidents"]), _span(window["longest_incident_seconds"]))


def _span(seconds: float) -> str:
    return rough_duration(seconds) if seconds else "-"


def _hardly_seen(window: Mapping[str, Any]) -> bool:
    return bool(2 * window["unknown_seconds"] > window["until"] - window["since"])
