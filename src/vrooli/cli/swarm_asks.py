"""`vrooli swarm asks`: which tasks of swarms wait for a person."""

from collections.abc import Mapping
from typing import Any

import typer

from vrooli.cli import render
from vrooli.cli.help import with_examples
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json, Most

_ABOUT = """
List what people are to do for your swarms, the newest first. `vrooli swarm done` says that it is
done; what is asked for an approval stands in `vrooli approval list`."""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command to `swarm`."""

    @group.command(help=with_examples(_ABOUT.strip(), "vrooli swarm asks"))
    def asks(limit: Most = 20, file: File = None, json: Json = False) -> None:
        found = kit.swarms(home_to_read(kit, file)).person_tasks(limit=limit)["tasks"]
        if json:
            render.print_json(found)
        elif not found:
            render.note("nobody has to do anything")
        else:
            render.table(("SWARM", "TASK", "SINCE", "WHAT TO DO"), [row(one) for one in found])
            render.note(f"  next: `{render.called_as()} swarm done SWARM TASK --output JSON`")


def row(one: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the list."""
    what = " ".join((one["what"] or "").split())
    return one["swarm"], one["task"], f"{render.ago(one['since'])} ago", what
