"""`vrooli swarm ...`: runs that reach a goal together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import (
    render,
    run_budget,
    swarm_asks,
    swarm_compare,
    swarm_insight,
    swarm_replay,
    swarm_simulate,
    swarm_versions,
    swarm_writing,
)
from vrooli.cli.given import is_file, json_of, words_of
from vrooli.cli.help import App, with_examples
from vrooli.cli.inputs import Input, Inputs, inputs_of
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json, Most, Status
from vrooli.cli.run_watch import told
from vrooli.cli.run_watch import watch as watch_run
from vrooli.cli.run_why import show_why
from vrooli.cli.swarm_shown import row, show_swarm
from vrooli.core.errors import UsageError

if TYPE_CHECKING:
    from vrooli.client.swarms import SwarmClient

_START_HELP = """
Start a swarm: from a file, which is stored on the server first, or by the name of one that is
there. It goes on by itself; `--watch` stays until it ends.

Exit code with --watch: 0 when its goal is met, 1 when it fails or is stopped.

Examples:

  vrooli swarm start triage.yaml --watch

  vrooli swarm start triage --input service=postgres --budget cost=1,steps=100
"""

_WATCH_HELP = """
Show what happens in a swarm until it ends, each step behind its task: on a terminal as a tree, into
a pipe or a file as lines on standard output, then what it came to. Ctrl-C ends the watching, not
the swarm.

Examples:

  vrooli swarm watch 3f2a9c4e81d07b65

  vrooli swarm watch 3f2a9c4e81d07b65 | grep clean:
"""

_MESSAGE_HELP = """
Say something to a swarm: its plan and its coordinator see it. At most 64 KiB.

Examples:

  vrooli swarm message 3f2a9c4e81d07b65 "hurry"

  vrooli swarm message 3f2a9c4e81d07b65 @notes.txt

  git log -5 | vrooli swarm message 3f2a9c4e81d07b65 -
"""

_DONE_HELP = """
Say that what a person was to do for a swarm is done, and what it came to.

Example:

  vrooli swarm done 3f2a9c4e81d07b65 look --output '{"disk": "full"}'
"""

_HAND_HELP = """
Hand a task of a swarm to a person, who does it in the place of its routine: its run is ended with
all below it. `vrooli swarm done` tells what that one came to; after `take-back` the swarm does it.

Examples:

  vrooli swarm hand 3f2a9c4e81d07b65 clean --to-person

  vrooli swarm hand 3f2a9c4e81d07b65 clean --to-person "empty /var/tmp, and say what went"
"""

_STOP_HELP = """
End swarms at once, with all runs, steps and programs that they started. `--all` is the emergency
stop.

Examples:

  vrooli swarm stop 3f2a9c4e81d07b65

  vrooli swarm stop --all
"""

_TAKE_BACK = "vrooli swarm take-back 3f2a9c4e81d07b65"

_TITLES = ("SWARM", "NAME", "STATUS", "STARTED", "RUNS", "BY", "GOAL")

Swarm = Annotated[str, typer.Argument(help="The swarm.", metavar="SWARM")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Swarms: runs that reach a goal together.")
    app.add_typer(group, name="swarm")
    _register_start(group, kit)
    _register_views(group, kit)
    swarm_asks.register(group, kit)
    swarm_insight.register(group, kit)
    swarm_versions.register(group, kit)
    swarm_compare.register(group, kit)
    swarm_simulate.register(group)
    swarm_replay.register(group, kit)
    swarm_writing.register(group, kit)
    _register_words(group, kit)
    _register_handing(group, kit)
    _register_control(group, kit)


def _register_start(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_START_HELP)
    def start(  # noqa: PLR0913 -- one argument for each option
        swarm: Annotated[str, typer.Argument(help="A file, or a name.", metavar="FILE|NAME")],
        input_: Input = None,
        inputs: Inputs = None,
        budget: Annotated[
            str, typer.Option("--budget", help="Instead of what it says, as for `run start`.")
        ] = "",
        watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay until it ends.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.swarms(home_to_change(kit, file))
        name = _stored(client, Path(swarm)) if is_file(swarm) else _named(client, swarm)
        run = client.start(name, inputs_of(inputs, input_ or []), run_budget.given(budget))
        if watch:
            watch_run(client, run["id"], json=json, what="swarm")
        else:
            told(run, "swarm show", json=json)


def _register_views(group: typer.Typer, kit: Kit) -> None:
    @group.command(
        "list",
        help=with_examples("List swarms, the newest first.", "vrooli swarm list --status waiting"),
    )
    def list_(
        status: Status = "",
        limit: Most = 20,
        file: File = None,
        json: Json = False,
    ) -> None:
        found = _client(kit, file).swarms(status=status, limit=limit)["swarms"]
        if json:
            render.print_json(found)
        elif not found:
            render.note(f"there is none; `{render.called_as()} swarm start FILE` starts one")
        else:
            render.table(_TITLES, [row(one) for one in found])

    example = "vrooli swarm show 3f2a9c4e81d07b65"
    about = "Show a swarm: its plan and how each task stands, its blackboard, what was said to it."

    @group.command(help=with_examples(about, example))
    def show(swarm: Swarm, file: File = None, json: Json = False) -> None:
        found = _client(kit, file).swarm(swarm)
        if json:
            render.print_json(found)
        else:
            show_swarm(found)

    @group.command(help=_WATCH_HELP)
    def watch(swarm: Swarm, file: File = None, json: Json = False) -> None:
        client = _client(kit, file)
        client.swarm(swarm)  # or it says that there is no such one
        watch_run(client, swarm, json=json, what="swarm", asked=True)

    about = "Tell why a swarm is where it is, since when, and what to do."

    @group.command(help=with_examples(about, "vrooli swarm why 3f2a9c4e81d07b65"))
    def why(swarm: Swarm, file: File = None, json: Json = False) -> None:
        reason = _client(kit, file).why_swarm(swarm)
        if json:
            render.print_json(reason)
        else:
            show_why(reason)


def _register_words(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_MESSAGE_HELP)
    def message(
        swarm: Swarm,
        text: Annotated[str, typer.Argument(help="What; @FILE or - for a longer text.")],
        file: File = None,
        json: Json = False,
    ) -> None:
        said = words_of(text, "TEXT")
        _tell(kit.swarms(home_to_change(kit, file)).say(swarm, said), "heard", json=json)

    @group.command(help=_DONE_HELP)
    def done(
        swarm: Swarm,
        task: Annotated[str, typer.Argument(help="Which task.", metavar="TASK")],
        output: Annotated[str, typer.Option(help="What it came to, as JSON.")] = "null",
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.swarms(home_to_change(kit, file))
        _tell(client.done(swarm, task, json_of(output, "--output")), f"{task} is done", json=json)


def _register_handing(group: typer.Typer, kit: Kit) -> None:
    task_ = Annotated[str, typer.Argument(help="Which task.", metavar="TASK")]

    @group.command(help=_HAND_HELP)
    def hand(
        swarm: Swarm,
        task: task_,
        what: Annotated[str, typer.Argument(help="What is to be done.", metavar="[WHAT]")] = "",
        to_person: Annotated[bool, typer.Option("--to-person", help="Who does it.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        if not to_person:
            advice = f"`{render.called_as()} swarm hand {swarm} {task} --to-person`"
            raise UsageError("expected `--to-person`", where=task, next_step=advice)
        found = kit.swarms(home_to_change(kit, file)).hand(swarm, task, what)
        _tell(found, f"{task} is handed to a person", json=json)

    about = "Have a swarm do a task itself again that was handed to a person, in a new run."

    @group.command("take-back", help=with_examples(about, f"{_TAKE_BACK} clean"))
    def take_back(swarm: Swarm, task: task_, file: File = None, json: Json = False) -> None:
        found = kit.swarms(home_to_change(kit, file)).take_back(swarm, task)
        _tell(found, f"{task} is taken back", json=json)


def _register_control(group: typer.Typer, kit: Kit) -> None:
    about = "Begin nothing more in a swarm, nor in any run that it started."

    @group.command(help=with_examples(about, "vrooli swarm pause 3f2a9c4e81d07b65"))
    def pause(swarm: Swarm, file: File = None, json: Json = False) -> None:
        _tell(kit.swarms(home_to_change(kit, file)).pause_swarm(swarm), "pauses", json=json)

    about = "Go on with a swarm that was paused, and with all that it started."

    @group.command(help=with_examples(about, "vrooli swarm resume 3f2a9c4e81d07b65"))
    def resume(swarm: Swarm, file: File = None, json: Json = False) -> None:
        _tell(kit.swarms(home_to_change(kit, file)).resume_swarm(swarm), "goes on", json=json)

    @group.command(help=_STOP_HELP)
    def stop(
        swarm: Annotated[str | None, typer.Argument(help="The swarm.", metavar="SWARM")] = None,
        all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        if (swarm is None) is not all_:
            advice = "name one, or say `--all`"
            raise UsageError("expected a swarm or `--all`, one of the two", next_step=advice)
        client = kit.swarms(home_to_change(kit, file))
        if swarm is not None:
            _tell(client.stop_swarm(swarm), "stopped", json=json)
            return
        stopped = client.emergency_stop()
        if json:
            render.print_json({"stopped": stopped})
        else:
            render.note(f"{len(stopped)} stopped")


def _tell(found: dict[str, Any], said: str, *, json: bool) -> None:
    if json:
        render.print_json(found)
    else:
        render.note(f"{found['id']}: {said}")


def _client(kit: Kit, file: Path | None) -> "SwarmClient":
    return kit.swarms(home_to_read(kit, file))


def _stored(client: "SwarmClient", file: Path) -> str:
    from vrooli.cli.routine_files import keys_of, refused
    from vrooli.client.work import BadRoutine

    document = keys_of(file, swarm=True)
    try:
        return str(client.put_swarm(document.data)["name"])
    except BadRoutine as error:
        raise refused(file, document, error.mistakes) from error


def _named(client: "SwarmClient", name: str) -> str:
    """The name, where a swarm is stored by it: nothing else can be seen and steered as one."""
    if not any("swarm" in one for one in client.routine(name)["definition"]["do"]):
        advice = f"`{render.called_as()} run start {name}` starts it"
        raise UsageError("this is a routine, and no swarm", where=name, next_step=advice)
    return name
