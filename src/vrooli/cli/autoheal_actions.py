"""`vrooli-autoheal heal`, `actions`, `sudoers`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import with_examples
from vrooli.cli.kit import Kit, watchdog_of, watchdog_to_command
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE

_HEAL_HELP = """
Take a recovery action now: the mildest one that fits, or the one that is named. It is verified
like any heal. Exit code: 0 it helped, 1 it did not.

Examples:

  vrooli-autoheal heal web --dry-run

  vrooli-autoheal heal system-disk vacuum-journal
"""

_SUDOERS_HELP = """
Print the lines of a sudoers file that let a watchdog which is not root take the actions on the
machine that vrooli.toml allows, and nothing else.

Example:

  vrooli-autoheal sudoers > /etc/sudoers.d/vrooli-autoheal
"""

Subject = Annotated[str, typer.Argument(help="A service, or the id of a check.")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @app.command(
        help=with_examples(
            "List what can be done about a service or check, mildest first.",
            "vrooli-autoheal actions system-disk",
        )
    )
    def actions(check: Subject, file: File = None, json: Json = False) -> None:
        found = watchdog_of(kit, file).actions(check)
        if json:
            render.print_json(found)
        elif not found:
            render.out(f"{check} is only looked at")
        else:
            rows = [(row["id"], row["danger"], row["title"]) for row in found]
            render.table(("ACTION", "DANGER", "WHAT IT DOES"), rows)

    @app.command(help=_HEAL_HELP)
    def heal(
        check: Subject,
        action: Annotated[
            str, typer.Argument(help="What `actions` lists; without it the mildest.")
        ] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it does.")] = False,
        confirm: Annotated[
            str,
            typer.Option(
                "--confirm", help="The check's name, for a destructive action.", metavar="NAME"
            ),
        ] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        wish = {"subject": check, "action": action, "dry_run": dry_run, "confirm": confirm}
        done = watchdog_to_command(kit, file).heal(wish)
        render.print_json(done) if json else _tell(done)
        if done["heal"] is not None and not _helped(done["heal"]):
            raise typer.Exit(EXIT_FAILURE)

    @app.command(help=_SUDOERS_HELP)
    def sudoers(file: File = None) -> None:
        render.out(kit.sudoers(kit.load_stack(kit.stack_file(file))))


def _tell(done: Mapping[str, Any]) -> None:
    render.out(f"{done['action']} ({done['danger']}) on {done['subject']}")
    for step in done["steps"]:
        render.out(f"  {step}")
    heal = done["heal"]
    if heal is None:
        render.out("dry run: nothing was done")
        return
    if heal["outcome"] is None:
        render.out("it passes again; whether it stays so is watched: `vrooli-autoheal heals`")
        return
    note = f": {heal['note']}" if heal["note"] else ""
    render.out(f"{heal['outcome']}{note}")


def _helped(heal: Mapping[str, Any]) -> bool:
    passes = heal["outcome"] is None and heal["verified_after"] is not None
    return passes or heal["outcome"] in ("healed", "done")
