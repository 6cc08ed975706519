"""`vrooli schedule ...`: runs of routines at their times."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.inputs import Input, Inputs, inputs_of
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.run import Priority

_ADD_HELP = """
Have a routine run at its times: five fields of cron, or "every 6h".

However many servers there are, each time gets one run. Times that pass while none of them runs
are caught up by one run for the latest of them, unless `--missed skip` is said.

Examples:

  vrooli schedule add nightly report --at "30 3 * * *" --timezone Europe/Berlin --input days=1

  vrooli schedule add often report --at "every 15m" --missed skip
"""

_LIST_HELP = """
List the schedules: when each is due next, and what became of its last time.

Example:

  vrooli schedule list
"""

_REMOVE_HELP = """
Remove a schedule. Its runs stay, and go on.

Example:

  vrooli schedule remove nightly
"""

_ENABLE_HELP = """
Have a schedule start runs again. What was due while it was disabled is not caught up.

Example:

  vrooli schedule enable nightly
"""

_DISABLE_HELP = """
Have a schedule start no runs until it is enabled again.

Example:

  vrooli schedule disable nightly
"""

Name = Annotated[str, typer.Argument(help="The schedule.", metavar="NAME")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Schedules: routines that run at their times.")
    app.add_typer(group, name="schedule")
    _register_add(group, kit)
    _register_list(group, kit)
    _register_changes(group, kit)


def _register_add(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_ADD_HELP)
    def add(  # noqa: PLR0913 -- one argument for each option
        name: Name,
        routine: Annotated[str, typer.Argument(help="The routine.")],
        at: Annotated[str, typer.Option("--at", help="When, like '30 3 * * *' or 'every 6h'.")],
        timezone: Annotated[str, typer.Option("--timezone", help="In which cron is read.")] = "UTC",
        missed: Annotated[
            Literal["once", "skip"], typer.Option("--missed", help="Of times that passed unseen.")
        ] = "once",
        input_: Input = None,
        inputs: Inputs = None,
        priority: Priority = 0,
        disabled: Annotated[bool, typer.Option("--disabled", help="Not yet.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        new = {
            "name": name,
            "routine": routine,
            "schedule": at,
            "timezone": timezone,
            "missed": missed,
            "inputs": inputs_of(inputs, input_ or []),
            "priority": priority,
            "enabled": not disabled,
        }
        _tell(kit.work(home_to_change(kit, file)).add_schedule(new), json=json)


def _register_list(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        found = kit.work(home_to_read(kit, file)).schedules()
        if json:
            render.print_json(found)
        elif not found:
            render.note("there is none")
        else:
            render.table(("NAME", "ROUTINE", "AT", "NEXT", "LAST"), [_row(one) for one in found])


def _register_changes(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_REMOVE_HELP)
    def remove(name: Name, file: File = None, json: Json = False) -> None:
        gone = kit.work(home_to_change(kit, file)).remove_schedule(name)
        if json:
            render.print_json(gone)
        else:
            render.note(f"{name}: removed")

    @group.command(help=_ENABLE_HELP)
    def enable(name: Name, file: File = None, json: Json = False) -> None:
        client = kit.work(home_to_change(kit, file))
        _tell(client.switch_schedule(name, enabled=True), json=json)

    @group.command(help=_DISABLE_HELP)
    def disable(name: Name, file: File = None, json: Json = False) -> None:
        client = kit.work(home_to_change(kit, file))
        _tell(client.switch_schedule(name, enabled=False), json=json)


def _tell(schedule: Mapping[str, Any], *, json: bool) -> None:
    if json:
        render.print_json(schedule)
    else:
        render.note(f"{schedule['name']}: {_next(schedule)}")


def _row(schedule: Mapping[str, Any]) -> tuple[str, ...]:
    at = f"{schedule['schedule']} ({schedule['timezone']})"
    last = schedule["last_error"] or schedule["last_run"] or "-"
    return schedule["name"], schedule["routine"], at, _next(schedule), last


def _next(schedule: Mapping[str, Any]) -> str:
    if not schedule["enabled"]:
        return "disabled"
    due = schedule["next_due"]
    return f"due in {render.until(due)}" if due else "never due again"
