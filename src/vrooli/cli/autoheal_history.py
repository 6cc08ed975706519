"""`vrooli-autoheal history`: what was wrong, for how long, and what a check said."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, spark
from vrooli.cli.autoheal_uptime import percent
from vrooli.cli.kit import Kit, watchdog_of
from vrooli.cli.looking_back import collect, csv_rows, how_many, one_format, say_more, span
from vrooli.cli.options import Csv, File, Json, Limit, MaybeCheck, Since, Until
from vrooli.stack.durations import rough_duration

if TYPE_CHECKING:
    from vrooli.client.watchdog import WatchdogClient

_HISTORY_HELP = """
Show what was wrong and for how long; with a CHECK also what it said, the newest first.

Without a CHECK, --json and --csv hold the incidents; with one, --csv holds its rows.

Examples:

  vrooli-autoheal history --since 7d

  vrooli-autoheal history system-disk --since 30d --step day

  vrooli-autoheal history web --since 1h --step raw --csv -n 10000
"""

_INCIDENT_TITLES = (
    "check", "began", "ended", "seconds", "down_seconds", "unknown_seconds", "worst", "cause",
)  # fmt: skip
_RAW_TITLES = ("at", "status", "value", "message")
_ROW_TITLES = (
    "at", "status", "looks", "ok", "warning", "critical", "unknown", "min", "mean", "max",
)  # fmt: skip

_Step = Annotated[
    str | None,
    typer.Option(
        "--step",
        help="A row each: raw, minute, hour or day; else what fits the span.",
        metavar="STEP",
    ),
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HISTORY_HELP)
    def history(  # noqa: PLR0913 -- one argument for each option
        check: MaybeCheck = None,
        since: Since = None,
        until: Until = None,
        step: _Step = None,
        limit: Limit = None,
        file: File = None,
        json: Json = False,
        csv: Csv = False,
    ) -> None:
        one_format(json, csv)
        client = watchdog_of(kit, file)
        asked, most = span(since, until, "24h"), how_many(limit, data=json or csv)
        if check is None:
            _print_incidents(_incidents(client, None, asked, most), json=json, csv=csv)
            return
        found = _rows(client, check, {**asked, "step": step}, most)
        if csv:
            titles = _RAW_TITLES if found["step"] == "raw" else _ROW_TITLES
            render.print_csv(titles, csv_rows(found["rows"], titles))
            return
        trouble = _incidents(client, check, asked, most)
        if json:
            render.print_json({**found, "incidents": trouble["incidents"]})
            return
        _print_history(found, trouble)


def _incidents(
    client: "WatchdogClient", check: str | None, asked: Mapping[str, Any], limit: int
) -> dict[str, Any]:
    def fetch(most: int, begin: Any) -> tuple[list[dict[str, Any]], Any]:
        answer = client.incidents(check=check, limit=most, offset=begin, **asked)
        return answer["incidents"], answer["next"]

    rows, more = collect(fetch, limit)
    return {"incidents": rows, "next": more}


def _rows(
    client: "WatchdogClient", check: str, asked: Mapping[str, Any], limit: int
) -> dict[str, Any]:
    first: dict[str, Any] = {}

    def fetch(most: int, begin: Any) -> tuple[list[dict[str, Any]], Any]:
        query = {**asked, "limit": most}
        if begin is not None:  # later pages keep the step that the first one chose
            query |= {"until": begin, "step": first["step"]}
        answer = client.history(check, **query)
        if not first:
            first.update(answer)
        return answer["rows"], answer["next"]

    rows, more = collect(fetch, limit)
    return {**first, "rows": rows, "next": more}


def _print_incidents(found: Mapping[str, Any], *, json: bool, csv: bool) -> None:
    rows = found["incidents"]
    if json:
        render.print_json(rows)
    elif csv:
        titles = (*_INCIDENT_TITLES, "heals")
        flat = [{**row, "heals": _heals(row["heals"])} for row in rows]
        render.print_csv(titles, csv_rows(flat, titles))
    elif rows:
        _incident_table(found)
    else:
        render.out("nothing was wrong")


def _incident_table(found: Mapping[str, Any]) -> None:
    rows = found["incidents"]
    titles = ("BEGAN", "LASTED", "WORST", "CHECK", "CAUSE")
    render.table(titles, [_incident_row(row) for row in rows], below=True)
    say_more(len(rows), found["next"], "-n shows more")


def _incident_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    lasted = rough_duration(row["seconds"])
    return (
        render.clock(row["began"]),
        f"{lasted}, goes on" if row["ended"] is None else lasted,
        row["worst"],
        row["check"],
        "; ".join(filter(None, (row["cause"], _heals(row["heals"])))) or "-",
    )


def _heals(heals: Sequence[Mapping[str, Any]]) -> str:
    """`healed`, or `3 x ineffective, healed`."""
    said = [heal["outcome"] or "in flight" for heal in heals]
    counted = [(word, said.count(word)) for word in dict.fromkeys(said)]
    return ", ".join(word if count == 1 else f"{count} x {word}" for word, count in counted)


def _print_history(found: Mapping[str, Any], trouble: Mapping[str, Any]) -> None:
    summary = found["summary"]
    render.out(f"{found['check']}: {_told(summary)}")
    values = [v for row in found["rows"] if (v := row.get("value", row.get("mean"))) is not None]
    if spark.wanted() and len(values) > 1:
        render.out(spark.sparkline(values[::-1], min(render.columns(), 80)))
    if trouble["incidents"]:
        render.out()
        _incident_table(trouble)
    render.out()
    if found["step"] == "raw":
        render.table(
            ("AT", "STATUS", "VALUE", "MESSAGE"), [_raw(row, found) for row in found["rows"]]
        )
    else:
        titles = ("AT", "STATUS", "LOOKS", "MIN", "MEAN", "MAX")
        render.table(titles, [_slot(row, found) for row in found["rows"]])
    say_more(len(found["rows"]), found["next"], "-n shows more")


def _told(summary: Mapping[str, Any]) -> str:
    parts = [
        f"{percent(summary['percent'])} % up" if summary["percent"] is not None else "not seen"
    ]
    for key, words in (("down", "down"), ("off", "off"), ("unknown", "unknown")):
        if summary[f"{key}_seconds"]:
            parts.append(f"{rough_duration(summary[f'{key}_seconds'])} {words}")
    number = summary["incidents"]
    return ", ".join([*parts, f"{number} incident{'' if number == 1 else 's'}"])


def _raw(row: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    return (render.clock(row["at"]), row["status"], _value(row["value"], found), row["message"])


def _slot(row: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    values = [_value(row[name], found) for name in ("min", "mean", "max")]
    return (render.clock(row["at"]), row["status"], str(row["looks"]), *values)


def _value(value: float | None, found: Mapping[str, Any]) -> str:
    return "-" if value is None else f"{value:.4g} {found['unit']}".rstrip()
