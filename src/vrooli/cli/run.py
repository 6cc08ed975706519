"""`vrooli run ...`: start runs of routines, watch them, cancel them."""

import json as jsonlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.given import text_of
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.cli.run_watch import run_took, why
from vrooli.cli.run_watch import watch as watch_run
from vrooli.client.work import WorkClient
from vrooli.core.errors import UsageError

_START_HELP = """
Start a run of a routine. It goes on by itself; `--watch` stays until it ends.

Exit code with --watch: 0 when it completes, 1 when it fails or is cancelled.

Examples:

  vrooli run start report --input days=7 --watch

  vrooli run start report --inputs inputs.json

  echo '{"days": 7}' | vrooli run start report --inputs -
"""

_LIST_HELP = """
List runs, the newest first.

Examples:

  vrooli run list

  vrooli run list --status failed --routine report -n 5
"""

_SHOW_HELP = """
Show a run: how it stands, and every attempt of its steps.

Example:

  vrooli run show 3f2a9c4e81d07b65
"""

_WATCH_HELP = """
Show what happens in a run until it ends: on a terminal a tree of its steps, else
a line for each. With --json each line is an event, and the last one the run.
A restart of the server is waited for. Ctrl-C ends the watching, not the run.

Exit code: 0 when it completes, 1 when it fails or is cancelled.

Examples:

  vrooli run watch 3f2a9c4e81d07b65

  vrooli run watch 3f2a9c4e81d07b65 --json
"""

_CANCEL_HELP = """
End a run wherever it stands. What its steps have done stays done.

Example:

  vrooli run cancel 3f2a9c4e81d07b65
"""

Id = Annotated[str, typer.Argument(help="The run.", metavar="RUN")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Runs: routines at work.")
    app.add_typer(group, name="run")
    _register_start(group, kit)
    _register_views(group, kit)
    _register_control(group, kit)


def _register_start(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_START_HELP)
    def start(
        routine: Annotated[str, typer.Argument(help="The routine.")],
        input_: Annotated[
            list[str] | None,
            typer.Option("--input", "-i", help="One input, NAME=VALUE; JSON where it is some."),
        ] = None,
        inputs: Annotated[
            str | None, typer.Option("--inputs", help="A JSON file with all; - is standard input.")
        ] = None,
        watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay until it ends.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.work(home_to_change(kit, file))
        run = client.start(routine, {**_from_file(inputs), **_pairs(input_ or [])})
        if watch:
            watch_run(client, run["id"], json=json)
        elif json:
            render.print_json(run)
        else:
            render.out(run["id"])
            render.note(f"  next: `{render.called_as()} run watch {run['id']}`")


def _register_views(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(
        status: Annotated[str, typer.Option("--status", help="Only those.")] = "",
        routine: Annotated[str, typer.Option("--routine", help="Only of this one.")] = "",
        limit: Annotated[
            int, typer.Option("-n", "--limit", min=1, max=1000, help="How many.")
        ] = 20,
        file: File = None,
        json: Json = False,
    ) -> None:
        runs = _client(kit, file).runs(status=status, routine=routine, limit=limit)["runs"]
        if json:
            render.print_json(runs)
        elif not runs:
            render.note("there is none")
        else:
            render.table(("RUN", "ROUTINE", "STATUS", "STARTED", "TOOK"), [_row(r) for r in runs])

    @group.command(help=_SHOW_HELP)
    def show(run: Id, file: File = None, json: Json = False) -> None:
        client = _client(kit, file)
        found, steps = client.run(run), client.steps(run)
        if json:
            render.print_json({**found, "steps": steps})
            return
        _summary(found)
        if steps:
            render.out()
            titles = ("STEP", "TYPE", "ATTEMPT", "STATUS", "WHY")
            render.table(titles, [_step_row(step) for step in steps])

    @group.command(help=_WATCH_HELP)
    def watch(run: Id, file: File = None, json: Json = False) -> None:
        watch_run(_client(kit, file), run, json=json)


def _register_control(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_CANCEL_HELP)
    def cancel(run: Id, file: File = None, json: Json = False) -> None:
        found = kit.work(home_to_change(kit, file)).cancel(run)
        if json:
            render.print_json(found)
        else:
            render.note(f"{run}: cancelled")


def _client(kit: Kit, file: Path | None) -> WorkClient:
    return kit.work(kit.home(kit.stack_file(file)))


def _summary(run: Mapping[str, Any]) -> None:
    rows = {
        "run": run["id"],
        "routine": f"{run['routine']} ({run['version'][:12]})",
        "status": render.paint(run["status"], run["status"]),
        "by": run["created_by"],
        "started": f"{render.ago(run['created_at'])} ago",
        "took": run_took(run) or "-",
        "inputs": jsonlib.dumps(run["inputs"], ensure_ascii=False),
        "output": jsonlib.dumps(run["output"], ensure_ascii=False),
    }
    for name, value in rows.items():
        render.out(f"{name:<9}{value}")
    if run["failure"]:
        render.out(f"failure  {why(run['failure'])}")


def _row(run: Mapping[str, Any]) -> tuple[str, ...]:
    started = f"{render.ago(run['created_at'])} ago"
    return run["id"], run["routine"], run["status"], started, run_took(run) or "-"


def _step_row(step: Mapping[str, Any]) -> tuple[str, ...]:
    said = why(step["failure"]) if step["failure"] else ""
    return step["path"], step["type"], str(step["attempt"]), step["status"], said


def _from_file(said: str | None) -> dict[str, Any]:
    if said is None:
        return {}
    text = text_of(Path(said))
    try:
        value = jsonlib.loads(text)
    except ValueError as error:
        raise UsageError(f"this is no JSON: {error}", where=said) from error
    if not isinstance(value, dict):
        raise UsageError("expected a JSON object", where=said)
    return value


def _pairs(said: list[str]) -> dict[str, Any]:
    found = {}
    for pair in said:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"expected NAME=VALUE, found {pair!r}", where="--input")
        try:
            found[name] = jsonlib.loads(value)
        except ValueError:
            found[name] = value  # a word needs no quotes
    return found
