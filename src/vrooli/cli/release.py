"""`vrooli upgrade ...`: before another version of the package takes over."""

from typing import Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.client.work import OPEN, WorkClient
from vrooli.core.errors import EXIT_FAILURE
from vrooli.stack.work_half import need_work_half

_CHECK_HELP = """
See whether the runs under way would go on under this version of the package.

Call it by the new version while the old one serves. Each run that has not
ended is read and replayed here, from its routine and its journal; nothing is
changed. What would be stranded should end, or be cancelled, before the upgrade.

Exit code: 0 when all would go on, 1 otherwise.

Example:

  new-venv/bin/vrooli upgrade check --file vrooli.toml
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Another version of this package: look before it takes over.")
    app.add_typer(group, name="upgrade")

    @group.command(help=_CHECK_HELP)
    def check(file: File = None, json: Json = False) -> None:
        need_work_half()
        client = kit.work(home_to_read(kit, file))
        found = [_looked_at(client, run) for status in OPEN for run in _all(client, status)]
        stranded = [one for one in found if one["obstacles"]]
        if json:
            render.print_json({"ok": not stranded, "runs": found})
        else:
            _report(found, stranded)
        if stranded:
            raise typer.Exit(EXIT_FAILURE)


def _all(client: WorkClient, status: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.runs(status=status, cursor=cursor, limit=200)
        found += page["runs"]
        cursor = page["next_cursor"]
    return found


def _looked_at(client: WorkClient, run: dict[str, Any]) -> dict[str, Any]:
    from vrooli.execution.going_on import obstacles

    definition = client.routine(run["routine"], run["version"])["definition"]
    said = obstacles(definition, run["inputs"], client.steps(run["id"]))
    return {**{key: run[key] for key in ("id", "routine", "status")}, "obstacles": said}


def _report(found: list[dict[str, Any]], stranded: list[dict[str, Any]]) -> None:
    for one in stranded:
        render.out(f"{one['id']} ({one['routine']}, {one['status']}) would not go on:")
        for said in one["obstacles"]:
            render.out(f"  {said}")
    count = f"{len(found)} run{'s' * (len(found) != 1)} under way"
    render.note(f"{count}, {len(stranded)} would be stranded" if stranded else f"{count}, all fine")
