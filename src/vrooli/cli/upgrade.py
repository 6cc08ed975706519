"""`vrooli resource upgrade`: to another major version, and back."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.asking import require_answer
from vrooli.cli.kit import Kit, Progress, home_to_change
from vrooli.cli.lifecycle import follow
from vrooli.cli.options import File, Json, Name
from vrooli.core.errors import EXIT_FAILURE, ConfigError, UsageError

if TYPE_CHECKING:
    from vrooli.core.home import Home
    from vrooli.stack.upgrading import Wish

_HELP = """
Move a PostgreSQL to another major version.

It goes into a new folder, is compared with the old one, and can be undone.
What needs it is stopped meanwhile. The old data is kept until `--forget`.

Examples:

  vrooli resource upgrade postgres --dry-run   only look

  vrooli resource upgrade postgres             to the newest version

  vrooli resource upgrade postgres --undo      go back

  vrooli resource upgrade postgres --forget    remove the old data

  vrooli resource upgrade postgres --forget --all    and what earlier upgrades and restores kept
"""


def register_upgrade(
    group: typer.Typer, kit: Kit, resolve: Callable[[str, Path | None], str]
) -> None:
    """Add the command."""

    @group.command(help=_HELP)
    def upgrade(  # noqa: PLR0913 -- typer makes options of arguments
        name: Name,
        to: Annotated[
            str,
            typer.Option(
                "--to", help="Which version, like 18; else the newest.", metavar="VERSION"
            ),
        ] = "",
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look, and say what would be done.")
        ] = False,
        undo: Annotated[
            bool,
            typer.Option(
                "--undo", help="Go back to what was before; what was written since is lost."
            ),
        ] = False,
        forget: Annotated[
            bool, typer.Option("--forget", help="Remove what is kept for `--undo`.")
        ] = False,
        every: Annotated[
            bool,
            typer.Option(
                "--all", help="With `--forget`: also what earlier upgrades and restores kept."
            ),
        ] = False,
        counts_only: Annotated[
            bool,
            typer.Option(
                "--counts-only", help="Compare numbers of rows, not contents: quicker, sees less."
            ),
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.stack.upgrading import Wish

        if (undo and forget) or ((undo or forget) and (to or counts_only)):
            raise UsageError(
                "`--undo`, `--forget` and an upgrade exclude each other",
                next_step="leave all but one of them out",
            )
        if every and not forget:
            raise UsageError(
                "`--all` says what `--forget` removes", next_step="say `--forget` with it"
            )
        wish = Wish(to, undo, forget, dry_run, counts_only, every=every)
        home, chosen = home_to_change(kit, file), resolve(name, file)
        _warn_if_edited(kit, home, chosen, file)
        if (undo or forget) and not (dry_run or yes) and not _meant(kit, home, chosen, wish):
            return
        if not follow(kit.upgrade(home, chosen, wish), json=json).get("ok"):
            raise typer.Exit(EXIT_FAILURE)


def _warn_if_edited(kit: Kit, home: "Home", name: str, file: Path | None) -> None:
    """What is upgraded is what runs, and to what it declares."""
    compiled = kit.compiled(home)
    try:
        written = kit.load_stack(kit.stack_file(file))
    except ConfigError:  # `up` will say what is wrong with it
        return
    if compiled is not None and compiled.services.get(name) != written.services.get(name):
        text = f"note: `{name}` was edited since the last `vrooli up`, which takes the edit on"
        render.note(render.as_called(text))


def _meant(kit: Kit, home: "Home", name: str, wish: "Wish") -> bool:
    """Show what is lost, and have it confirmed; False when there is nothing to lose."""
    from dataclasses import replace

    steps: list[dict[str, Any]] = []

    def noted(progress: Progress) -> Progress:
        for line in progress:
            steps.append(line)
            yield line

    if not sys.stdin.isatty():
        raise UsageError(
            "this loses data, and nobody can be asked here", next_step="say `--yes` if it is meant"
        )
    looked = kit.upgrade(home, name, replace(wish, dry_run=True))
    if not follow(noted(looked), json=False).get("ok"):
        raise typer.Exit(EXIT_FAILURE)
    if all(step.get("phase") != "preparing" for step in steps):
        return False
    require_answer("go on? [y/N]")
    return True
