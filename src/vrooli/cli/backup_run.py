"""`vrooli backup run`."""

import sys
import time
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.backup_copy import require_everywhere, spread_to_stores
from vrooli.cli.backup_words import (
    Only,
    added,
    how_told,
    note,
    point_row,
    proof_row,
    require,
    require_all,
    rests,
    size,
    tell,
    tell_left_out,
)
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json, said
from vrooli.core.errors import UsageError

_RUN_HELP = """
Take a restore point now, restore it beside what serves, and look whether it works: databases,
then files, then what the stack is made of. It is there when all of that is in it.

It ends well only when that is so, nothing was left out that was asked for, and every store has it.
With `--no-verify` it is only taken, and
stays `unverified`. With `--incremental` it holds of PostgreSQL (17 or later) what changed since the
last point; where the server cannot tell that, the whole, and why. With `--logical` it holds
archives of PostgreSQL and its roles: for another version, or for single tables; `vrooli restore
POINT` makes a new cluster of them.

Examples:

  vrooli backup run

  vrooli backup run --only redis

  vrooli backup run --incremental

  vrooli backup run --logical

  vrooli backup run --no-verify --json
"""


Incremental = Annotated[
    bool,
    typer.Option(
        "--incremental", help="Only what changed since the last point, where it can be told."
    ),
]
Deep = Annotated[
    bool,
    typer.Option("--deep", help="Compare every row with the source, which reads all of it again."),
]
Logical = Annotated[
    bool, typer.Option("--logical", help="PostgreSQL as archives of pg_dump, for any version.")
]

MissingOk = Annotated[
    bool,
    typer.Option(
        "--missing-ok", help="End well also when files could not be read; the watchdog tells."
    ),
]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @group.command(help=_RUN_HELP)
    def run(  # noqa: PLR0913 -- one argument for each option
        no_verify: Annotated[
            bool, typer.Option("--no-verify", help="Only take it; say `unverified` of it.")
        ] = False,
        anew: Annotated[
            bool,
            typer.Option(
                "--anew", help="The database was made anew since the last point, and that is meant."
            ),
        ] = False,
        incremental: Incremental = False,
        deep: Deep = False,
        logical: Logical = False,
        missing_ok: MissingOk = False,
        only: Only = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.backup.backups import Taking
        from vrooli.backup.choosing import split

        backups = kit.backups(home_to_change(kit, file)).only("", note)
        if rests(backups):
            return
        begun = time.monotonic()
        how = Taking(
            anew, incremental, deep, _form(logical, incremental), split(said("--only", only))
        )
        with interruptible("nothing was taken", "`vrooli backup run` takes one"):
            point = backups.take(_Counting(), how)
        if not json:
            took = time.monotonic() - begun
            render.out(
                f"{point.id}: {size(point.plain)} in {size(point.size)}, "
                f"{size(added(point))} of that new, {took:.1f} s"
            )
            for part in point.parts:
                if words := how_told(part):
                    render.note(f"  {part.service}: {words}")
                tell_left_out(part)
        with interruptible(f"{point.id} is unverified", "`vrooli backup verify` looks"):
            proof = None if no_verify else backups.prove(point.id, note)
        if proof is not None and not json:
            tell(proof)
        elif not json:
            render.note("  it is unverified: `vrooli backup verify` looks whether it works")
        done = spread_to_stores(backups)
        held = done.stores_of(point.id)
        if not json:
            render.note(f"  it is in {', '.join(backups.addresses[name] for name in held)}")
        else:
            told = {"stores": held, "missing": done.reasons()}
            render.print_json({**point_row(point), "proof": proof_row(proof), **told})
        require_everywhere(done, backups)
        require(proof)
        require_all(point, missing_ok=missing_ok)


def _form(logical: bool, incremental: bool) -> str:
    if logical and incremental:
        raise UsageError(
            "`--logical` and `--incremental` exclude each other",
            next_step="leave one out; of archives only what changed is stored anyway",
        )
    return "postgres-logical" if logical else ""


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
