"""`vrooli swarm compare`: two swarms side by side."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.core.plain import plain

_HELP = """
Compare two swarms, or a fork and what it was forked from: how each ended, what it spent, its tasks,
and what differs in inputs, policy, blackboard and output. `*` marks what is not the same: of
lengths of time what is more than a second and a tenth apart.

Example:

  vrooli swarm compare 3f2a9c4e81d07b65 8c1d2e3f4a5b6c7d
"""

_WHICH = ("ONE", "OTHER")
_SIGNS = {"+": "ok", "-": "critical"}


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command to `swarm`."""

    @group.command(help=_HELP)
    def compare(
        one: Annotated[str, typer.Argument(help="A swarm.", metavar="SWARM")],
        other: Annotated[str, typer.Argument(help="Another one.", metavar="OTHER")],
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.client.swarm_comparing import compared, outcome

        client = kit.swarms(home_to_read(kit, file))
        found = compared(*(outcome(client.swarm(which)) for which in (one, other)))
        if json:
            render.print_json(found)
        else:
            for which, name in zip(_WHICH, (one, other), strict=True):
                render.out(f"{which.lower():<7}{name}")
            render.out()
            show(found, _WHICH)


def show(found: Mapping[str, Any], which: tuple[str, str]) -> None:
    """A comparison for people, the two being called so."""
    render.table(("FACT", *which), [_row(one, one["name"]) for one in found["facts"]])
    if found["tasks"]:
        render.out()
        render.table(("TASK", *which), [_row(one, one["task"]) for one in found["tasks"]])
    outputs = {f"output of {one['task']}": one["differs"] for one in found["tasks"]}
    for name, lines in {**found["documents"], **outputs}.items():
        if lines:
            render.out()
            first, second = (word.lower() for word in which)
            render.out(f"{name}: `-` {first}, `+` {second}")
            show_lines(lines)


def show_lines(lines: list[str]) -> None:
    """Of a diff."""
    for line in lines:
        render.out(render.paint(plain(line), _SIGNS.get(line[:1], "")))


def _row(one: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    mark = name if one["same"] else f"{name} *"
    return mark, one["one"] or "-", one["other"] or "-"
