"""`vrooli backup key`: what opens restore points on any machine."""

from pathlib import Path
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json

_EXPORT_HELP = """
Write the key that opens every restore point of this stack to a new file that you alone can read, or
print it. Keep it apart from this machine: without it nobody can restore on another one.

Examples:

  vrooli backup key export --out /media/stick/shop.key

  vrooli backup key export | lpr
"""

_SHOW_HELP = """
Print the public half of the key: what is sealed for it, only the key opens.

Example:

  vrooli backup key show
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    keys = App(help="The key that opens restore points.")
    group.add_typer(keys, name="key")

    @keys.command(help=_EXPORT_HELP)
    def export(
        out: Annotated[
            str, typer.Option("--out", "-o", help="A new file; `-` prints it.", metavar="FILE")
        ] = "-",
        file: File = None,
    ) -> None:
        path = None if out == "-" else Path(out)
        text = kit.backups(home_to_change(kit, file)).export_key(path)
        if path is None:
            render.write(text)
        else:
            render.note(f"{path}: whoever has it can read every restore point; keep it elsewhere")

    @keys.command(help=_SHOW_HELP)
    def show(file: File = None, json: Json = False) -> None:
        recipient = kit.backups(home_to_read(kit, file)).recipient()
        if json:
            render.print_json({"recipient": recipient})
        else:
            render.out(recipient)
