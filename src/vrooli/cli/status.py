"""`vrooli status`: how everything is, as far as it can be known."""

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.changes import note_edits
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.verdict import VerdictCommand
from vrooli.core.errors import DeadlineExceeded, Unreachable
from vrooli.core.home import GO_ON_RECOVERING, Home
from vrooli.core.status import EXIT_CODES, Status

_HELP = """
Show how everything is. Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.

Examples:

  vrooli status

  vrooli status --json

  vrooli status --watch        redraw until Ctrl-C
"""

_REDRAW = 1.0
"""Seconds between two drawings of `--watch`."""

_CLEAR = "\x1b[H\x1b[2J"


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HELP, cls=VerdictCommand)
    def status(
        file: File = None,
        json: Json = False,
        watch: Annotated[bool, typer.Option("--watch", "-w", help="Redraw every second.")] = False,
    ) -> None:
        home = home_to_read(kit, file)
        while True:
            seen = read_status(kit, home)
            if watch and not json:
                render.write(_CLEAR)
            show(seen, json=json)
            if not watch:
                note_edits(kit, kit.stack_file(file), home)
                raise typer.Exit(EXIT_CODES[Status(seen["status"])])
            try:
                time.sleep(_REDRAW)
            except KeyboardInterrupt:
                raise typer.Exit(0) from None


def read_status(kit: Kit, home: Home) -> Mapping[str, Any]:
    """From the watchdog, else without."""
    try:
        return kit.watchdog(home).status()
    except (Unreachable, DeadlineExceeded):
        return kit.unwatched_status(home)


def show(seen: Mapping[str, Any], *, json: bool) -> None:
    """Print it."""
    if json:
        render.print_json(seen)
        return
    render.out(f"stack {seen['stack']}: {render.paint(seen['status'], seen['status'])}")
    show_services(seen["services"])
    for problem in seen.get("problems", ()):
        render.out(f"{problem['check']}: {problem['status']}: {problem['message']}")
    show_watchdog(seen["watchdog"])
    for line in seen["watchdog"].get("trouble", []):
        render.out(render.as_called(f"trouble: {line}"))
    for line in seen["watchdog"].get("advice", []):
        render.out(render.as_called(f"advice: {line}"))


def show_services(services: Sequence[Mapping[str, Any]]) -> None:
    """Print them as a table, and below it what that cannot tell."""
    titles = ("NAME", "KIND", "STATE", "HEALTH", "PID", "UP", "RESTARTS", "LAST HEAL", "URL")
    render.table(titles, [_row(service) for service in services])
    for service in services:
        if _wants_attention(service) and service.get("message"):
            head, *rest = service["message"].splitlines()
            render.out(f"  {service['name']}: {head}")
            for line in rest:
                render.out(f"    {line.strip()}")
        if service.get("outdated"):
            what = "runs as it was declared before the latest edit; next: `vrooli up`"
            render.out(render.as_called(f"  {service['name']}: {what}"))
    _show_held_back(services)


def _show_held_back(services: Sequence[Mapping[str, Any]]) -> None:
    """What a person holds back, by its reason; not where the message above says so."""
    held: dict[str, list[str]] = {}
    for service in services:
        if why := service.get("held_back"):
            held.setdefault(why, []).append(service["name"])
    told = "\n".join(service.get("message") or "" for service in services)
    for why, names in held.items():
        _, _, by = why.partition(", by ")
        if len(names) > 1 or by not in told:
            every = 1 < len(names) == len(services)
            what = "all services" if every else ", ".join(names)
            render.out(f"  {what}: {why}")


def _wants_attention(service: Mapping[str, Any]) -> bool:
    """Whether there is something to say about it that the table does not."""
    if service["state"] in ("failed", "blocked", "starting"):
        return True
    if service["state"] == "stopped":
        return bool(service.get("stopped_by"))
    unknown = service["health"] == "unknown" and service["runtime"] != "process"
    return unknown or service["health"] in ("warning", "critical")


def _unseen(service: Mapping[str, Any]) -> bool:
    """Whether nobody knows of it just now, as its manager does not answer. It is taken to run, so
    that it is not healed for that.
    """
    said = (service["state"], service["health"])
    return said == ("running", "unknown") and service["runtime"] != "process"


def show_watchdog(watchdog: Mapping[str, Any]) -> None:
    """Print what follows when there is none; nothing while it runs."""
    if watchdog.get("expected"):
        render.out("\nthe watchdog is being started again: look again in a moment")
    elif not watchdog.get("running"):
        pid = watchdog.get("pid")
        what = f"the watchdog {pid} does not answer" if pid else "no watchdog is running"
        advice = "`vrooli up` replaces it; services run on" if pid else "`vrooli up`"
        if watchdog.get("recovering"):  # what has no data yet would come up empty
            advice = GO_ON_RECOVERING
        render.out(f"\n{what}: nothing is healed")
        render.out(render.as_called(f"  next: {advice}"))


def _row(service: Mapping[str, Any]) -> tuple[str, ...]:
    unseen = _unseen(service)
    return (
        service["name"],
        service["kind"],
        "unknown" if unseen else service["state"],
        "-" if service["state"] == "stopped" else service["health"],
        str(service["pid"] or "-") if not unseen else "-",
        render.ago(service["started_at"]),
        str(service["restarts_24h"]),
        _heal(service["last_heal"]),
        service["url"] or "-",
    )


def _heal(heal: Mapping[str, Any] | None) -> str:
    if heal is None:
        return "-"
    outcome = heal["outcome"] or "in flight"
    return f"{outcome} {render.ago(heal['at'])} ago: {heal['cause'].splitlines()[0][:60]}"
