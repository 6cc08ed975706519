"""`vrooli backup run`."""

import sys
import time
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import (
    Only,
    added,
    note,
    point_row,
    proof_row,
    require,
    size,
    tell,
    tell_left_out,
)
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json

_RUN_HELP = """
Take a restore point now, restore it beside what serves, and look whether it works: databases,
then files, then what the stack is made of. It is there when all of that is in it.

It ends well only when that is so. With `--no-verify` it is only taken, and stays `unverified`.

Examples:

  vrooli backup run

  vrooli backup run --only redis

  vrooli backup run --no-verify --json
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @group.command(help=_RUN_HELP)
    def run(
        no_verify: Annotated[
            bool, typer.Option("--no-verify", help="Only take it; say `unverified` of it.")
        ] = False,
        anew: Annotated[
            bool,
            typer.Option(
                "--anew", help="The database was made anew since the last point, and that is meant."
            ),
        ] = False,
        only: Only = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.backup.choosing import split

        backups = kit.backups(home_to_change(kit, file))
        begun = time.monotonic()
        point = backups.take(_Counting(), anew=anew, only=split(only))
        if not json:
            took = time.monotonic() - begun
            render.out(
                f"{point.id}: {size(point.plain)} in {size(point.size)}, "
                f"{size(added(point))} of that new, {took:.1f} s, "
                f"{backups.folder}"
            )
            for part in point.parts:
                tell_left_out(part)
        proof = None if no_verify else backups.prove(point.id, note)
        if json:
            render.print_json({**point_row(point), "proof": proof_row(proof)})
        elif proof is not None:
            tell(proof)
        else:
            render.note("  it is unverified: `vrooli backup verify` looks whether it works")
        require(proof)


class _Counting:
    """Progress of a backup, on a terminal: one line that grows."""

    def __init__(self) -> None:
        self._begun, self._told = time.monotonic(), 0.0

    def __call__(self, service: str, done: int) -> None:
        now = time.monotonic()
        if now - self._told < 0.5 or not sys.stderr.isatty():
            return
        self._told = now
        rate = done / max(now - self._begun, 0.001)
        sys.stderr.write(f"\r{service}: {size(done)}, {size(rate)}/s ")
        sys.stderr.flush()
