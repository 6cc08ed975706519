"""`vrooli-autoheal timeline` and `heals`: what happened, and what was done."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, watchdog_of
from vrooli.cli.looking_back import (
    FOR_SCRIPTS,
    collect,
    csv_rows,
    how_many,
    one_format,
    say_more,
    span,
)
from vrooli.cli.options import Csv, File, Json, Limit, Since, Until

if TYPE_CHECKING:
    from vrooli.client.watchdog import WatchdogClient

_TIMELINE_HELP = """
Show everything that happened, the newest last: transitions, heals and events; of one SUBJECT (a
service or a check) or of all.

Examples:

  vrooli-autoheal timeline

  vrooli-autoheal timeline web --since 7d -n 200

  vrooli-autoheal timeline --since 2026-11-20T03:00 --until 2026-11-20T04:00 --csv
"""

_HEALS_HELP = """
Show what was healed, the newest first; of one SUBJECT (a service or a check) or of all.

Examples:

  vrooli-autoheal heals -n 50

  vrooli-autoheal heals web --since 30d --csv
"""

_TIMELINE_TITLES = ("at", "kind", "subject", "status", "words", "seq")
_HEAL_TITLES = (
    "id", "subject", "detected_at", "finished_at", "symptom", "cause", "rule", "reason",
    "actions", "outcome", "verified_after", "note",
)  # fmt: skip


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    _register_timeline(app, kit)
    _register_heals(app, kit)


def _register_timeline(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_TIMELINE_HELP)
    def timeline(  # noqa: PLR0913 -- one argument for each option
        subject: Annotated[
            str | None, typer.Argument(help="A service or a check.", metavar="[SUBJECT]")
        ] = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = None,
        file: File = None,
        json: Json = False,
        csv: Csv = False,
    ) -> None:
        one_format(json, csv)
        most = how_many(limit, data=json or csv)
        entries, more = _entries(watchdog_of(kit, file), subject, span(since, until, "24h"), most)
        if json:
            render.print_json(entries)
        elif csv:
            render.print_csv(_TIMELINE_TITLES, csv_rows(entries, _TIMELINE_TITLES))
        elif entries:
            titles = ("AT", "SUBJECT", "WHAT")
            rows = [(render.clock(e["at"]), e["subject"], e["words"]) for e in entries]
            render.table(titles, rows, below=True)
            say_more(len(entries), more, "older ones: a larger -n, or an earlier --until")
        else:
            render.out("nothing happened")


def _register_heals(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_HEALS_HELP)
    def heals(  # noqa: PLR0913 -- one argument for each option
        subject: Annotated[
            str | None, typer.Argument(help="A service or a check.", metavar="[SUBJECT]")
        ] = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[
            Optional[int],  # noqa: UP045 -- typer reads the annotation at run time
            typer.Option(
                "-n",
                "--limit",
                min=1,
                max=FOR_SCRIPTS,
                help="How many at most; else 25, or 1000 of JSON and CSV.",
            ),
        ] = None,
        file: File = None,
        json: Json = False,
        csv: Csv = False,
    ) -> None:
        one_format(json, csv)
        asked = {name: int(at) for name, at in span(since, until, "3650d" if until else "").items()}
        most = how_many(limit, data=json or csv)
        found = watchdog_of(kit, file).heals(most, subject=subject, **asked)
        if json:
            render.print_json(found)
        elif csv:
            flat = [{**heal, "actions": _actions(heal)} for heal in found]
            render.print_csv(_HEAL_TITLES, csv_rows(flat, _HEAL_TITLES))
        else:
            titles = ("WHEN", "SERVICE", "ACTION", "OUTCOME", "VERIFIED AFTER", "CAUSE")
            render.table(titles, [_heal_row(heal) for heal in found], below=True)


def _entries(
    client: "WatchdogClient", subject: str | None, asked: Mapping[str, Any], limit: int
) -> tuple[Sequence[dict[str, Any]], Any]:
    """The latest, in the order in which they happened."""

    def fetch(most: int, begin: Any) -> tuple[list[dict[str, Any]], Any]:
        answer = client.timeline(subject=subject, limit=most, before=begin, **asked)
        return answer["entries"], answer["next"]

    entries, more = collect(fetch, limit)
    return entries[::-1], more


def _actions(heal: Mapping[str, Any]) -> str:
    return " ".join(attempt["action"] for attempt in heal["attempts"])


def _heal_row(heal: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"{render.ago(heal['detected_at'])} ago",
        heal["subject"],
        heal["attempts"][-1]["action"] if heal["attempts"] else "-",
        heal["outcome"] or "in flight",
        verified(heal),
        heal["cause"].splitlines()[0][:70],
    )


def verified(heal: Mapping[str, Any]) -> str:
    """When it passed again; of one that failed again since, that is no news to be glad of."""
    if heal["verified_after"] is None or heal["outcome"] == "ineffective":
        return "-"
    return "not kept" if heal["outcome"] == "relapsed" else f"{heal['verified_after']:.2f} s"
