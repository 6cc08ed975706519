"""`vrooli run ...`: start runs of routines, watch them, cancel them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, run_budget, run_kept, run_signal, run_why
from vrooli.cli.help import App
from vrooli.cli.inputs import Input, Inputs, inputs_of
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json, Most, Run, Status
from vrooli.cli.run_signal import kept_signals
from vrooli.cli.run_steering import register_steering
from vrooli.cli.run_untold import why
from vrooli.cli.run_watch import run_took, told, took_by_now
from vrooli.cli.run_watch import watch as watch_run

if TYPE_CHECKING:
    from vrooli.client.work import WorkClient

MOST_BELOW = 1000
"""Runs started by one that are shown with it."""

_START_HELP = """
Start a run of a routine. It goes on by itself; `--watch` stays until it ends.

Exit code with --watch: 0 when it completes, 1 when it fails or is cancelled.

Examples:

  vrooli run start report --input days=7 --watch

  vrooli run start report --inputs inputs.json

  vrooli run start report --budget cost=2,tokens=100000,steps=500,time=600

  echo '{"days": 7}' | vrooli run start report --inputs -
"""

_TITLES = ("RUN", "ROUTINE", "STATUS", "STARTED", "TOOK", "BY")

_BUDGET_HELP = (
    "What it may spend, instead of what the routine says: cost (US dollars), tokens, steps, "
    "time (seconds), on_limit (stop or pause; also alone, for limits of others above it)."
)

_LIST_HELP = """
List runs, the newest first.

Examples:

  vrooli run list

  vrooli run list --status failed --routine report -n 5
"""

_SHOW_HELP = """
Show a run: how it stands, what it spent, the runs that it started, and every attempt of its steps.

Example:

  vrooli run show 3f2a9c4e81d07b65
"""

_WATCH_HELP = """
Show what happens in a run until it ends: on a terminal a tree of its steps, into
a pipe or a file a line for each on standard output, then what it came to. With
--json each line is an event, and the last one the run. A restart of the server
is waited for. Ctrl-C ends the watching, not the run.

Exit code: 0 when it completes, 1 when it fails or is cancelled.

Examples:

  vrooli run watch 3f2a9c4e81d07b65

  vrooli run watch 3f2a9c4e81d07b65 --json
"""

_CANCEL_HELP = """
End a run wherever it stands, and all that it started. What its steps have done stays done.

Example:

  vrooli run cancel 3f2a9c4e81d07b65
"""

Priority = Annotated[
    int,
    typer.Option("--priority", min=-100, max=100, help="Of your runs, the highest is done first."),
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Runs: routines at work.")
    app.add_typer(group, name="run")
    _register_start(group, kit)
    _register_views(group, kit)
    _register_control(group, kit)
    register_steering(group, kit)
    run_kept.register(group, kit)
    run_why.register(group, kit)
    run_budget.register(group, kit)
    run_signal.register(group, kit)


def _register_start(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_START_HELP)
    def start(  # noqa: PLR0913 -- one argument for each option
        routine: Annotated[str, typer.Argument(help="The routine.")],
        input_: Input = None,
        inputs: Inputs = None,
        budget: Annotated[str, typer.Option("--budget", help=_BUDGET_HELP)] = "",
        priority: Priority = 0,
        watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay until it ends.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.work(home_to_change(kit, file))
        given = inputs_of(inputs, input_ or [])
        run = client.start(routine, given, run_budget.given(budget), priority)
        if watch:
            watch_run(client, run["id"], json=json)
        else:
            told(run, "run watch", json=json)


def _register_views(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(
        status: Status = "",
        routine: Annotated[str, typer.Option("--routine", help="Only of this one.")] = "",
        limit: Most = 20,
        file: File = None,
        json: Json = False,
    ) -> None:
        runs = _client(kit, file).runs(status=status, routine=routine, limit=limit)["runs"]
        if json:
            render.print_json(runs)
        elif not runs:
            render.note("there is none")
        else:
            render.table(_TITLES, [_row(run) for run in runs])

    @group.command(help=_SHOW_HELP)
    def show(run: Run, file: File = None, json: Json = False) -> None:
        client = _client(kit, file)
        found, steps = client.run(run), client.steps(run, whole=json)
        below = client.runs(parent=run, limit=MOST_BELOW)["runs"]
        asked = client.approvals(run=run, status="pending")["approvals"]
        if json:
            render.print_json({**found, "runs": below, "steps": steps, "approvals": asked})
            return
        _summary(found)
        for one in asked:
            render.note(f"waits for `{render.called_as()} approval approve {run} {one['path']}`")
        run_budget.show(found)
        if below:
            render.out()
            titles = ("STARTED RUN", "BY STEP", "ROUTINE", "STATUS", "TOOK")
            render.table(titles, [_below_row(one) for one in below[::-1]])
        if steps:
            render.out()
            titles = ("STEP", "TYPE", "ATTEMPT", "STATUS", "SAYS")
            render.table(titles, [_step_row(step) for step in steps])

    @group.command(help=_WATCH_HELP)
    def watch(run: Run, file: File = None, json: Json = False) -> None:
        watch_run(_client(kit, file), run, json=json, asked=True)


def _register_control(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_CANCEL_HELP)
    def cancel(run: Run, file: File = None, json: Json = False) -> None:
        found = kit.work(home_to_change(kit, file)).cancel(run)
        if json:
            render.print_json(found)
        else:
            render.note(f"{run}: cancelled")


def _client(kit: Kit, file: Path | None) -> "WorkClient":
    return kit.work(home_to_read(kit, file))


def _summary(run: Mapping[str, Any]) -> None:
    rows = {
        "run": run["id"],
        "routine": f"{run['routine']} ({run['version'][:12]})",
        "status": render.paint(_standing(run), run["status"]),
        "by": run["created_by"],
        "part of": f"{run['parent']}, step {run['parent_path']}" if run["parent"] else "",
        "queue": f"{run['queue']}, priority {run['priority']}",
        "started": f"{render.ago(run['created_at'])} ago",
        "took": took_by_now(run),
        "inputs": render.written(run["inputs"]),
        "output": render.written(run["output"]),
    }
    if run["forked_from"]:
        rows["forked"] = f"from {run['forked_from']} at {run['forked_path']}"
    if run["failure"]:
        rows["failure"] = why(run["failure"])
    if run.get("kept_signals"):
        rows["kept"] = kept_signals(run["kept_signals"])
    if run["status"] == "pending":
        rows["waits"] = _waits(run)
    render.fields(rows, 9)


def _waits(run: Mapping[str, Any]) -> str:
    if run["unread"]:
        builds = ", ".join(run["unread"]["by"])
        return f"for another build than {builds}, which cannot read it: {run['unread']['why']}"
    return f"for a process that serves the queue `{run['queue']}` and has room"


def _row(run: Mapping[str, Any]) -> tuple[str, ...]:
    started = f"{render.ago(run['created_at'])} ago"
    took = run_took(run) or "-"
    return run["id"], run["routine"], _standing(run), started, took, run["created_by"]


def _standing(run: Mapping[str, Any]) -> str:
    return "running, to pause" if run["pausing"] else str(run["status"])


def _below_row(run: Mapping[str, Any]) -> tuple[str, ...]:
    return run["id"], run["parent_path"], run["routine"], run["status"], run_took(run) or "-"


def _step_row(step: Mapping[str, Any]) -> tuple[str, ...]:
    if step["status"] == "cancelled":
        said = "the run ended in the middle of it"
    else:
        said = why(step["failure"]) if step["failure"] else _noted(step)
    return step["path"], step["type"], str(step["attempt"]), step["status"], said


def _noted(step: Mapping[str, Any]) -> str:
    """What a step used within itself, as it was noted."""
    output = step.get("output")
    if "/" in step["path"] and isinstance(output, dict):
        return str(output.get("says", ""))
    return ""
