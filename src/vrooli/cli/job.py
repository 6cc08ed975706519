"""`vrooli job ...`: what runs at its times."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import Kit, home_to_change, watchdog_of
from vrooli.cli.logs import Follower
from vrooli.cli.options import File, Json, Most
from vrooli.core.errors import EXIT_FAILURE, DeadlineExceeded, Unreachable, UsageError
from vrooli.core.home import Home
from vrooli.core.nearest import did_you_mean
from vrooli.stack.logs import tail

if TYPE_CHECKING:
    from vrooli.client.watchdog import WatchdogClient

PATIENCE = 60.0
"""Seconds that a watchdog may be silent while we wait for a run: the run does not need it."""

_PAUSE = 0.2
"""Seconds between two looks at a run."""

JOB_TITLES = ("NAME", "SCHEDULE", "NEXT", "STATUS", "LAST RUN")

_LIST_HELP = """
List the jobs: when each is due next, and how its last run ended.

Example:

  vrooli job list
"""

_RUN_HELP = """
Run a job now, beside its schedule, and show what it writes.

Exit code: 0 when it succeeds, 1 when it does not.

Examples:

  vrooli job run nightly

  vrooli job run nightly --detach      do not wait for its end
"""

_LOGS_HELP = """
Show what a job wrote, in this run and in those before.

Examples:

  vrooli job logs nightly -n 200

  vrooli job logs nightly -f           follow until Ctrl-C
"""

_HISTORY_HELP = """
Show what happened to a job, the newest first: runs, and times that it was refused or skipped.

Example:

  vrooli job history nightly -n 100
"""

Name = Annotated[str, typer.Argument(help="The job.")]
StackFile = Annotated[str | None, typer.Option("--file", help="The stack file.", metavar="FILE")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Jobs: what runs at its times, to its end.")
    app.add_typer(group, name="job")
    _register_views(group, kit)
    _register_run(group, kit)
    _register_logs(group, kit)


def _register_views(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        jobs = watchdog_of(kit, file).jobs()
        if json:
            render.print_json(jobs)
        else:
            render.table(JOB_TITLES, [job_row(job) for job in jobs])

    @group.command(help=_HISTORY_HELP)
    def history(
        name: Name,
        limit: Most = 20,
        file: File = None,
        json: Json = False,
    ) -> None:
        found = watchdog_of(kit, file).job_history(name, limit)
        if json:
            render.print_json(found)
        elif not found:
            render.out(f"{name} has not run yet")
        else:
            titles = ("WHEN", "WHAT", "WHY", "ATTEMPT", "TOOK", "REASON")
            render.table(titles, [_event_row(event) for event in found])


def _register_run(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_RUN_HELP)
    def run(
        name: Name,
        detach: Annotated[
            bool, typer.Option("--detach", "-d", help="Do not wait for its end.")
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        home = home_to_change(kit, file)
        client = kit.watchdog(home)
        begun = client.run_job(name)
        ended = begun if detach else _to_its_end(client, name, begun, home, json=json)
        if json:
            render.print_json(ended)
        elif detach:
            render.note(f"{name} is under way; `{render.called_as()} job logs {name}` shows it")
        else:
            render.note(f"{name}: {_told(ended)}")
        if not detach and ended["outcome"] != "ok":
            raise typer.Exit(EXIT_FAILURE)


def _register_logs(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_LOGS_HELP)
    def logs(
        name: Name,
        follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on showing.")] = False,
        lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many.")] = 50,
        file: StackFile = None,
        json: Json = False,
    ) -> None:
        path = _log(kit, kit.home(kit.stack_file(Path(file) if file else None)), name)
        shown = tail(path, lines)
        if json:
            render.print_json({"lines": shown})
            return
        for line in shown:
            render.out(line)
        if follow:
            Follower(path).for_ever()


def _log(kit: Kit, home: Home, name: str) -> Path:
    """Also of a job that is not declared any more, while its log is there."""
    stack = kit.compiled(home)
    known = list(stack.jobs) if stack is not None else []
    path = home.log(f"job-{name}")
    if name not in known and not path.exists():
        raise UsageError(
            f"there is no job `{name}`{did_you_mean(name, known)}",
            next_step=f"there are: {', '.join(known)}" if known else "write it as [jobs.NAME]",
        )
    return path


def _to_its_end(
    client: "WatchdogClient", name: str, begun: Mapping[str, Any], home: Home, *, json: bool
) -> Mapping[str, Any]:
    """The run when it has ended; meanwhile its output is shown, unless JSON is wanted."""
    output = Follower(home.log(f"job-{name}"), begun["log_from"])
    heard = time.monotonic()
    with interruptible("the run goes on", "`vrooli job list` shows how it ends"):
        while True:
            try:
                run, heard = _look(client, name, begun), time.monotonic()
            except (Unreachable, DeadlineExceeded):
                if time.monotonic() - heard > PATIENCE:
                    raise
                run = begun
            if not json:
                output.show()
            if run["outcome"] is not None:
                return run
            time.sleep(_PAUSE)


def _look(client: "WatchdogClient", name: str, begun: Mapping[str, Any]) -> Mapping[str, Any]:
    job = client.job(name)
    for run in (job["running"], job["last"]):
        if run is not None and run["id"] == begun["id"]:
            return dict(run)
    events = client.job_history(name, 100)  # others have run since
    runs = [event for event in events if event.get("id") == begun["id"]]
    return runs[0] if runs else begun


def job_row(job: Mapping[str, Any]) -> tuple[str, ...]:
    """Below NAME, SCHEDULE, NEXT, STATUS, LAST RUN."""
    zone = f" ({job['timezone']})" if job["timezone"] else ""
    status = job["result"]["status"] if job["result"]["applicable"] else "-"
    return (job["name"], job["schedule"] + zone, _next(job), status, _last(job))


def _next(job: Mapping[str, Any]) -> str:
    if job["running"] is not None:
        return f"running for {render.ago(job['running']['began']['wall'])}"
    if job["refused"]:
        return f"refused: {job['refused']}"
    return f"in {render.until(job['next_due'])}" if job["next_due"] else "never"


def _last(job: Mapping[str, Any]) -> str:
    last = job["last"]
    return "-" if last is None else f"{render.ago(last['ended_at'])} ago: {_told(last)}"


def _told(run: Mapping[str, Any]) -> str:
    took = "" if run["seconds"] is None else f" after {run['seconds']:.3g} s"
    reason = f", {run['reason']}" if run["reason"] else ""
    return f"{run['outcome']}{took}{reason}"


def _event_row(event: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = event.get("seconds")
    return (
        f"{render.ago(event['at'])} ago",
        event["what"],
        " by ".join(filter(None, (event.get("trigger", "-"), event.get("by")))),
        str(event.get("attempt", "-")),
        "-" if seconds is None else f"{seconds:.3g} s",
        event.get("reason") or "-",
    )
