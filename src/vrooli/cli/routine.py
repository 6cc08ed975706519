"""`vrooli routine ...`: definitions of what runs do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.given import text_of
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.mcp_names import DeclaredMcp
from vrooli.cli.options import File, Json
from vrooli.client.work import BadRoutine, WorkClient
from vrooli.core.errors import UsageError
from vrooli.stack.work_half import need_work_half

if TYPE_CHECKING:
    from vrooli.flow.reading import Mistake
    from vrooli.flow.yaml import Document

_LINT_HELP = """
Check files of routines and of swarms without a server: every mistake, by its line. MCP
servers that they name must be declared in the stack file.

Exit code: 0 when there is none, 2 otherwise.

Example:

  vrooli routine lint report.yaml

  vrooli routine lint triage-swarm.yaml
"""

_ADD_HELP = """
Store routines on the server. One that is there already gets a new version;
runs that are under way keep theirs.

Examples:

  vrooli routine add report.yaml

  vrooli routine add examples/*.yaml
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

_ROUTINE = "a routine: keys and values like `name` and `do`"
_SWARM = "a swarm: keys and values like `name`, `goal` and `plan`"

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
        declared = DeclaredMcp(kit, stack)
        found = [mistake for file in files for mistake in _mistakes(file, declared)]
        if json:
            render.print_json({"ok": not found, "mistakes": found})
        else:
            _report(files, found)
        if found:
            raise typer.Exit(UsageError.exit_code)

    @group.command(help=_ADD_HELP)
    def add(files: Files, stack: StackFile = None, json: Json = False) -> None:
        client = kit.work(home_to_change(kit, stack))
        documents = [(file, keys_of(file)) for file in files]
        stored = [_stored(client, file, document) for file, document in documents]
        if json:
            render.print_json({"routines": stored})
            return
        for one in stored:
            what = "stored" if one["changed"] else "unchanged"
            render.out(f"{one['name']}: {what} ({one['version'][:12]})")
            for warning in one.get("warnings", ()):
                render.note(render.plain(f"  warning: {warning}"))


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


def _stored(client: WorkClient, file: Path, document: "Document") -> dict[str, Any]:
    try:
        return client.put_routine(document.data)
    except BadRoutine as error:
        raise refused(file, document, error.mistakes) from error


def _report(files: list[Path], mistakes: list[dict[str, Any]]) -> None:
    for mistake in mistakes:
        render.note(_line(mistake))
    if not mistakes:
        render.note(f"{len(files)} file{'s' * (len(files) > 1)}, no mistake")


def _mistakes(file: Path, declared: DeclaredMcp) -> list[dict[str, Any]]:
    need_work_half()
    from vrooli.flow.yaml import BadYaml

    try:
        document = parsed(file)
    except UsageError as error:
        line = error.line if isinstance(error, BadYaml) else 0
        return [{"file": str(file), "line": line, "place": "", "problem": error.what}]
    found: list[dict[str, Any]] = [
        {
            "file": str(file),
            "line": document.line(one.place),
            "place": one.where,
            "problem": one.reason,
        }
        for one in _wrong(document.data, declared)
    ]
    return sorted(found, key=lambda one: int(one["line"]))


def _wrong(data: Any, declared: DeclaredMcp) -> "list[Mistake]":
    from vrooli.execution.step_types import read_routine
    from vrooli.execution.swarms.reading import SwarmError
    from vrooli.execution.swarms.writing import routine_of
    from vrooli.flow.reading import Mistake, RoutineError

    if not isinstance(data, Mapping):
        return [Mistake((), f"expected {_ROUTINE}, or {_SWARM}")]
    try:
        if is_swarm(data):
            routine_of(data)
        else:
            read_routine(data, declared.mistakes)
    except (RoutineError, SwarmError) as error:
        return error.mistakes
    return []


def is_swarm(data: Mapping[str, Any]) -> bool:
    """Whether a file is meant as that of a swarm."""
    return "do" not in data and ("goal" in data or "plan" in data)


def keys_of(file: Path, *, swarm: bool = False) -> "Document":
    """What a file holds that is to be stored: keys and values, of a routine or of a swarm.

    Raises:
        UsageError: it cannot be read, is empty or a list, or is one of the other kind.
    """
    document = parsed(file)
    data = document.data
    if not isinstance(data, Mapping):
        found = "nothing" if data is None else "a list" if isinstance(data, list) else "a value"
        what = f"expected {_SWARM if swarm else _ROUTINE}, found {found}"
        raise UsageError(what, where=str(file), next_step="write it like those in `examples/`")
    if is_swarm(data) and not swarm:
        advice = f"`{render.called_as()} swarm start {file}` stores and starts it"
        raise UsageError("this is a swarm, and no routine", where=str(file), next_step=advice)
    if swarm and "do" in data:
        advice = f"`{render.called_as()} routine add {file}` stores it"
        raise UsageError("this is a routine, and no swarm", where=str(file), next_step=advice)
    return document


def _line(mistake: Mapping[str, Any]) -> str:
    line = f":{mistake['line']}" if mistake["line"] else ""
    place = f" {mistake['place']}:" if mistake["place"] else ""
    return f"{mistake['file']}{line}:{place} {mistake['problem']}"


def refused(file: Path, document: "Document", mistakes: Sequence[Mapping[str, Any]]) -> UsageError:
    """What the server says is wrong with a file, by its lines."""
    lined = ((document.line(tuple(one["place"])), one) for one in mistakes)
    told = sorted(lined, key=lambda pair: pair[0])
    lines = [f"{file}:{line}: {one['field']}: {one['problem']}" for line, one in told]
    advice = "nothing was stored; mend the file"
    if any(one["problem"].startswith("there is no routine") for one in mistakes):
        advice += ", or first store what it names: `vrooli routine add FILE...`"
    return UsageError("\n".join(lines), next_step=advice)


def parsed(file: Path) -> "Document":
    """What a file of YAML or JSON holds, with the lines of its parts."""
    need_work_half()
    from vrooli.flow.yaml import BadYaml, parse

    text = text_of(file)
    try:
        return parse(text)
    except BadYaml as error:
        error.where = f"{file}:{error.line}" if error.line else str(file)
        raise
