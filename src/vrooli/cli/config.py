"""`vrooli init` and `vrooli config`: the stack file."""

from pathlib import Path
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.changes import counted, warn_if_empty
from vrooli.cli.help import App, with_examples
from vrooli.cli.kit import Kit
from vrooli.cli.options import File, Json
from vrooli.cli.scan import scan_into
from vrooli.core.errors import UsageError

_INIT_HELP = """
Write a commented vrooli.toml with free ports into this folder.

An existing one is never overwritten. With `--scan`, containers, units and listening ports of this
machine are appended, to be seen and never touched.

Examples:

  vrooli init && vrooli up

  vrooli init --scan --dry-run     what would be appended
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    group = App(help="Check and show the stack file.")
    app.add_typer(group, name="config")
    _register_init(app, kit)
    _register_config(group, kit)


def _register_init(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_INIT_HELP)
    def init(
        scan: Annotated[
            bool, typer.Option("--scan", help="Add what runs on this machine, to be watched.")
        ] = False,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="With --scan: show it, and write nothing.")
        ] = False,
        json: Json = False,
    ) -> None:
        path = Path.cwd() / "vrooli.toml"
        if scan:
            scan_into(kit, path, dry_run=dry_run, json=json)
            return
        if dry_run or json:
            raise UsageError(
                "`--dry-run` and `--json` go with `--scan`",
                next_step="add `--scan`, or leave them out",
            )
        _write_new(kit, path)


def _write_new(kit: Kit, path: Path) -> None:
    text = kit.init_text(path.parent)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(
            "there is one already", where=str(path), next_step="`vrooli config check` reads it"
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}",
            where=str(path),
            next_step="make its folder writable, or go to another one",
        ) from error
    render.note(f"wrote {path}")
    command = render.called_as()
    render.note(f"next:  {command} config check\n       {command} up")


def _register_config(group: typer.Typer, kit: Kit) -> None:
    @group.command(
        help=with_examples(
            "Read the stack file and name every mistake in it.",
            "vrooli config check",
            "vrooli config check -f other.toml",
        )
    )
    def check(file: File = None, json: Json = False) -> None:
        found = kit.stack_file(file)
        stack = kit.load_stack(found)
        source = str(found) if found else "the built-in default stack"
        warn_if_empty(stack)
        troubles = kit.troubles(stack)
        for trouble in troubles:
            render.note(f"warning: {render.as_called(trouble)}")
        advice = kit.overlaps(stack)
        for line in advice:
            render.note(f"note: {line}")
        if json:
            told = {"services": [*stack.services], "jobs": [*stack.jobs]}
            told |= {"warnings": troubles, "advice": advice}
            render.print_json({"ok": True, "source": source, **told})
        else:
            jobs = f", {counted(len(stack.jobs), 'job')}" if stack.jobs else ""
            render.out(f"{source}: ok, {counted(len(stack.services), 'service')}{jobs}")

    @group.command(
        help=with_examples(
            "Show the stack with every default filled in; secrets stay references.",
            "vrooli config show",
        )
    )
    def show(file: File = None) -> None:
        render.print_json(kit.load_stack(kit.stack_file(file)).to_json())

    @group.command(
        help=with_examples(
            "Print the JSON Schema of vrooli.toml.", "vrooli config schema > vrooli.schema.json"
        )
    )
    def schema() -> None:
        render.print_json(kit.schema())
