"""`vrooli routine ...`: definitions of what runs do."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.linting import Linter
from vrooli.cli.mcp_names import DeclaredMcp
from vrooli.cli.options import File, Json
from vrooli.cli.routine_files import by_need, is_swarm, keys_of, refused
from vrooli.client.work import BadRoutine
from vrooli.core.errors import UsageError
from vrooli.core.plain import plain

if TYPE_CHECKING:
    from vrooli.client.swarms import SwarmClient
    from vrooli.flow.yaml import Document

_LINT_HELP = """
Check files of routines and of swarms without a server: every mistake, by its line. MCP
servers that they name must be declared in the stack file. A swarm that would start itself
without an end is found by the files beside it.

Exit code: 0 when there is none, 2 otherwise.

Example:

  vrooli routine lint report.yaml

  vrooli routine lint triage-swarm.yaml
"""

_ADD_HELP = """
Store routines and swarms on the server, those first that others need; nothing is
started. One that is there already gets a new version; runs that are under way
keep theirs.

Examples:

  vrooli routine add report.yaml

  vrooli routine add examples/*.yaml

  vrooli routine add outer.yaml inner.yaml
"""

_LIST_HELP = """
List the routines.

Example:

  vrooli routine list
"""

_SHOW_HELP = """
Show the newest version of a routine as JSON; with --json also its hash, and since when.

Examples:

  vrooli routine show report

  vrooli routine show report --json
"""

Files = Annotated[list[Path], typer.Argument(help="Files in YAML or JSON.", metavar="FILE...")]
Name = Annotated[str, typer.Argument(help="The routine.")]
StackFile = Annotated[Path | None, typer.Option("--stack", help="The stack file.")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Routines: what runs are made from.")
    app.add_typer(group, name="routine")
    _register_changes(group, kit)
    _register_views(group, kit)


def _register_changes(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_LINT_HELP)
    def lint(files: Files, stack: StackFile = None, json: Json = False) -> None:
        linter = Linter(DeclaredMcp(kit, stack))
        found = [mistake for file in files for mistake in linter.mistakes(file)]
        if json:
            render.print_json({"ok": not found, "mistakes": found})
        else:
            _report(files, found)
        if found:
            raise typer.Exit(UsageError.exit_code)

    @group.command(help=_ADD_HELP)
    def add(files: Files, stack: StackFile = None, json: Json = False) -> None:
        client = kit.swarms(home_to_change(kit, stack))
        documents = by_need([(file, keys_of(file)) for file in files])
        stored = [_stored(client, file, document) for file, document in documents]
        if json:
            render.print_json({"routines": stored})
            return
        for one in stored:
            what = "stored" if one["changed"] else "unchanged"
            render.out(f"{one['name']}: {what} ({one['version'][:12]})")
            for warning in one.get("warnings", ()):
                render.note(plain(f"  warning: {warning}"))


def _register_views(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        routines = kit.work(home_to_read(kit, file)).routines()
        if json:
            render.print_json(routines)
        elif not routines:
            render.note(f"there is none; `{render.called_as()} routine add FILE` stores one")
        else:
            titles = ("NAME", "VERSION", "CHANGED", "DESCRIPTION")
            render.table(titles, [_row(routine) for routine in routines])

    @group.command(help=_SHOW_HELP)
    def show(name: Name, file: File = None, json: Json = False) -> None:
        found = kit.work(home_to_read(kit, file)).routine(name)
        render.print_json(found if json else found["definition"])


def _row(routine: Mapping[str, Any]) -> tuple[str, ...]:
    changed = f"{render.ago(routine['updated_at'])} ago"
    return routine["name"], routine["version"][:12], changed, routine["description"]


def _stored(client: "SwarmClient", file: Path, document: "Document") -> dict[str, Any]:
    data = document.data
    try:
        return client.put_swarm(data) if is_swarm(data) else client.put_routine(data)
    except BadRoutine as error:
        raise refused(file, document, error.mistakes) from error


def _report(files: list[Path], mistakes: list[dict[str, Any]]) -> None:
    for mistake in mistakes:
        render.note(_line(mistake))
    if not mistakes:
        render.note(f"{len(files)} file{'s' * (len(files) > 1)}, no mistake")


def _line(mistake: Mapping[str, Any]) -> str:
    line = f":{mistake['line']}" if mistake["line"] else ""
    place = f" {mistake['place']}:" if mistake["place"] else ""
    return f"{mistake['file']}{line}:{place} {mistake['problem']}"
