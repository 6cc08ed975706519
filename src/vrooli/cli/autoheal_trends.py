"""`vrooli-autoheal trends`: where the values go, and when one reaches its limit."""

from collections.abc import Mapping
from typing import Any

import typer

from vrooli.cli import render, spark
from vrooli.cli.kit import Kit, watchdog_of
from vrooli.cli.looking_back import csv_rows, one_format, span
from vrooli.cli.options import Csv, File, Json, MaybeCheck, Since, Until

_HELP = """
Show where measured values go, and when one reaches a limit if it goes on like this; what is
nearest comes first.

Without --since it looks at 7 days, and at 6 hours where a limit is nearer by those. There is no
forecast without a clear direction, nor for more than four times as long as was looked at.

Examples:

  vrooli-autoheal trends

  vrooli-autoheal trends system-disk --since 30d --json
"""

_TITLES = (
    "check", "unit", "since", "until", "verdict", "level", "slope_per_day", "fit", "points",
    "limit", "limit_value", "seconds_to_limit", "words",
)  # fmt: skip
_SPARK = 20
"""Blocks of a trend in the table."""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HELP)
    def trends(
        check: MaybeCheck = None,
        since: Since = None,
        until: Until = None,
        file: File = None,
        json: Json = False,
        csv: Csv = False,
    ) -> None:
        one_format(json, csv)
        client = watchdog_of(kit, file)
        found = client.trends(check=check, **span(since, until, "7d" if until else ""))
        if json:
            render.print_json(found)
        elif csv:
            render.print_csv(_TITLES, csv_rows([_flat(row) for row in found], _TITLES))
        elif found:
            _print(found)
        else:
            render.out("nothing was measured in this time")


def _print(found: list[dict[str, Any]]) -> None:
    blocks = spark.wanted() and render.columns() >= 100
    titles = ["CHECK", "NOW", "A DAY", *(["SINCE THEN"] if blocks else []), "OUTLOOK"]
    render.table(titles, [_row(row, blocks=blocks) for row in found], below=True)


def _row(row: Mapping[str, Any], *, blocks: bool) -> list[str]:
    line, unit = row["trend"], row["unit"]
    level, slope = line["level"], line["slope_per_day"]
    moving = slope is not None and line["verdict"] in ("rising", "falling")
    values = [value for _, value in row["points"]]
    return [
        row["check"],
        "-" if level is None else f"{level:.4g} {unit}".rstrip(),
        f"{slope:+.3g}" if moving else "-",
        *([spark.sparkline(values, _SPARK)] if blocks else []),
        row["words"],
    ]


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The nearest limit that is not reached yet beside the trend."""
    ahead = [found for found in row["forecasts"] if found["seconds"] > 0]
    limit = ahead[0] if ahead else {}
    return {
        **row,
        **row["trend"],
        "limit": limit.get("limit"),
        "limit_value": limit.get("value"),
        "seconds_to_limit": limit.get("seconds"),
    }
