"""`vrooli swarm debug` and `export`: where its three tiers stand, and all that is kept of it."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render, run_budget
from vrooli.cli.help import with_examples
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.run_why import show_why
from vrooli.core.amounts import length

_OWN = ("seq", "run", "at", "kind")
"""Of each event; the rest belongs to its kind."""

_TIMES = 1e9
"""A number of an event that is larger and no whole one is a time, in unix seconds."""

_EXPORT_HELP = """
Write all that is kept of a swarm as one JSON document: its definition, plan, policy and blackboard
with all versions, messages, runs, steps with their outputs, events.

Example:

  vrooli swarm export 3f2a9c4e81d07b65 > swarm.json
"""

Swarm = Annotated[str, typer.Argument(help="The swarm.", metavar="SWARM")]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the commands to `swarm`."""
    about = """
Show where each tier of a swarm stands: the swarm and what keeps it from going on, its runs with who
drives them and for how long, steps under way, budget, last events."""

    @group.command(help=with_examples(about.strip(), "vrooli swarm debug 3f2a9c4e81d07b65"))
    def debug(swarm: Swarm, file: File = None, json: Json = False) -> None:
        found = kit.swarms(home_to_read(kit, file)).debug_swarm(swarm)
        if json:
            render.print_json(found)
        else:
            _show(found)

    @group.command(help=_EXPORT_HELP)
    def export(swarm: Swarm, file: File = None, json: Json = False) -> None:
        del json  # it is nothing else
        render.print_json(kit.swarms(home_to_read(kit, file)).export_swarm(swarm))


def _show(found: Mapping[str, Any]) -> None:
    render.out(f"swarm   {found['id']} ({found['routine']})")
    render.out(f"status  {render.paint(found['status'], found['status'])}")
    if found["goal"]:
        render.prose(found["goal"], "goal    ", " " * 8)
    show_why(found["why"])
    counts = ", ".join(f"{count} {status}" for status, count in sorted(found["counts"].items()))
    render.out(f"decisions  {found['stirs']}")
    render.out(f"runs       {counts}")
    run_budget.show(found)
    _tables(found)


def _tables(found: Mapping[str, Any]) -> None:
    render.out()
    titles = ("RUN", "PATH", "ROUTINE", "STATUS", "DRIVEN BY", "LEASE")
    render.table(titles, [_run(one) for one in found["runs"]])
    if found["steps"]:
        render.out()
        rows = [
            (one["run"], one["path"], one["type"], str(one["attempt"]), render.ago(one["begun_at"]))
            for one in found["steps"]
        ]
        render.table(("RUN", "STEP", "TYPE", "ATTEMPT", "SINCE"), rows)
    render.out()
    render.table(("SEQ", "RUN", "AGO", "KIND", "SAYS"), [_event(one) for one in found["events"]])


def _run(one: Mapping[str, Any]) -> tuple[str, ...]:
    status = "pausing" if one["pausing"] else one["status"]
    left = one["lease_left"]
    lease = "-" if left is None else length(max(1, round(left))) if left > 0 else "over"
    return one["id"], one["path"] or "-", one["routine"], status, one["owner"] or "-", lease


def _event(one: Mapping[str, Any]) -> tuple[str, ...]:
    return str(one["seq"]), one["run"], render.ago(one["at"]), one["kind"], says(one)


def says(event: Mapping[str, Any]) -> str:
    """What an event tells beside its kind."""
    from vrooli.client.swarm_texts import event_said

    if event["kind"].startswith("swarm."):
        reason = event.get("reason")
        return f"{event_said(event)}{f': {reason}' if reason else ''}"
    return ", ".join(f"{key} {_written(value)}" for key, value in event.items() if key not in _OWN)


def _written(value: Any) -> Any:
    return render.clock(value) if isinstance(value, float) and value > _TIMES else value
