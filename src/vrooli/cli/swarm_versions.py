"""`vrooli swarm versions`: what was written on a swarm before, and what each version changed."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json, Most
from vrooli.cli.swarm_compare import show_lines
from vrooli.core.plain import plain, plain_lines

_HELP = """
Show the versions of the plan, the policy or the blackboard of a swarm, newest first, each with what
it changed. Without a name: what is written on the swarm, and how many versions of it there are.

Examples:

  vrooli swarm versions 3f2a9c4e81d07b65

  vrooli swarm versions 3f2a9c4e81d07b65 plan
"""

MOST = 1000
"""That the server tells at once."""

Swarm = Annotated[str, typer.Argument(help="The swarm.", metavar="SWARM")]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command to `swarm`."""

    @group.command(help=_HELP)
    def versions(
        swarm: Swarm,
        name: Annotated[
            str, typer.Argument(help="plan, policy or board.KEY", metavar="[NAME]")
        ] = "",
        limit: Most = 20,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.swarms(home_to_read(kit, file))
        if not name:
            _show_names(client.swarm(swarm)["swarm"], json=json)
            return
        # One more: what the oldest of these changed is seen by the one before it.
        found = client.swarm_versions(swarm, name=name, limit=min(limit + 1, MOST))["versions"]
        if json:
            render.print_json(found[:limit])
        elif not found:
            render.note(f"nothing is written as {name}")
        else:
            _show(name, found, limit)


def _show_names(swarm: Mapping[str, Any] | None, *, json: bool) -> None:
    from vrooli.client.swarm_texts import documents

    found = documents(swarm) if swarm else []
    if json:
        keys = ("name", "version", "by")
        render.print_json([dict(zip(keys, one, strict=True)) for one in found])
    elif not found:
        render.note("it has not begun yet")
    else:
        rows = [(name, str(version), by) for name, version, by in found]
        render.table(("NAME", "VERSIONS", "LAST BY"), rows)


def _show(name: str, found: list[dict[str, Any]], limit: int) -> None:
    from vrooli.client.swarm_texts import difference, written

    before = [*found[1:], None]
    for i, (one, older) in enumerate(zip(found[:limit], before, strict=False)):
        if i:
            render.out()
        when = f"{render.clock(one['at'])}, {render.ago(one['at'])} ago"
        render.out(plain(f"{name}, version {one['version']}, by {one['by']}, {when}"))
        if older is None:
            render.out(plain_lines(written(one["value"])))
            continue
        show_lines(difference(older["value"], one["value"]) or ["(the same)"])
