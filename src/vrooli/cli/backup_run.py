"""`vrooli backup run`."""

import time
from typing import TYPE_CHECKING, Annotated

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
    tell,
    tell_left_out,
)
from vrooli.cli.bar import Bar
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json, said
from vrooli.core.errors import UsageError
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups, Taking
    from vrooli.backup.point import Point
    from vrooli.backup.proof import Proof
    from vrooli.stack.backing import Reading

_RUN_HELP = """
Take a restore point now, restore it beside what serves, and look whether it works: databases,
then files, then what the stack is made of. It is there when all of that is in it.

It ends well only when that is so, nothing was left out that was asked for, and every store has it.
With `--no-verify` it is only taken, and stays `unverified`; with `--no-rows` as well it takes no
longer than the copy does, and no proof can compare its rows with those that the server held. With
`--incremental` it holds of PostgreSQL (17 or later) what changed since the last point; where the
server cannot tell that, the whole, and why. With `--logical` it holds archives of PostgreSQL and
its roles: for another version, or for single tables; `vrooli restore POINT` makes a new cluster of
them.

Examples:

  vrooli backup run

  vrooli backup run --only redis

  vrooli backup run --incremental

  vrooli backup run --logical

  vrooli backup run --no-verify --json

  vrooli backup run --no-verify --no-rows
"""


_BEGIN_ANEW = "`vrooli backup list` shows what there is, `vrooli backup run` takes a point"

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
NoRows = Annotated[
    bool,
    typer.Option("--no-rows", help="Read no rows of the source that a proof could compare."),
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
        no_rows: NoRows = False,
        logical: Logical = False,
        missing_ok: MissingOk = False,
        only: Only = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.backup.backups import Taking
        from vrooli.backup.choosing import split

        begun = time.monotonic()
        with interruptible("nothing was taken", _BEGIN_ANEW):
            backups = kit.backups(home_to_change(kit, file)).only("", note)
            if rests(backups):
                return
            how = Taking(
                anew,
                incremental,
                _reading(deep, no_rows),
                _form(logical, incremental),
                split(said("--only", only)),
            )
            point = _taken(backups, how, json=json)
        if not json:
            _tell_taken(point, time.monotonic() - begun)
        proof = None if no_verify else _proven(backups, point.id, json=json)
        if proof is not None and not json:
            tell(proof)
        elif not json:
            render.note("  it is unverified: `vrooli backup verify` looks whether it works")
        what = f"{point.id} may not be in every store yet"
        with interruptible(what, "`vrooli backup copy` brings it there"):
            done = spread_to_stores(backups, json=json)
        held = done.stores_of(point.id)
        if not json:
            render.note(f"  it is in {', '.join(backups.addresses[name] for name in held)}")
        else:
            told = {"stores": held, "missing": done.reasons()}
            render.print_json({**point_row(point), "proof": proof_row(proof), **told})
        require_everywhere(done, backups)
        require(proof)
        require_all(point, missing_ok=missing_ok)


def _taken(backups: "Backups", how: "Taking", *, json: bool) -> "Point":
    with Bar(note, quiet=json) as bar:
        return backups.take(bar.at, how)


def _tell_taken(point: "Point", took: float) -> None:
    render.out(
        f"{point.id}: {rough_size(point.plain)} in {rough_size(point.size)}, "
        f"{rough_size(added(point))} of that new, {took:.1f} s"
    )
    for part in point.parts:
        if words := how_told(part):
            render.note(f"  {part.service}: {words}")
        tell_left_out(part)


def _proven(backups: "Backups", point: str, *, json: bool) -> "Proof":
    with (
        interruptible(f"{point} is unverified", "`vrooli backup verify` looks"),
        Bar(note, quiet=json) as bar,
    ):
        return backups.prove(point, bar.told)


def _reading(deep: bool, no_rows: bool) -> "Reading | None":
    if deep and no_rows:
        raise UsageError(
            "`--deep` and `--no-rows` exclude each other",
            next_step="leave one out; without both, the smaller tables are read",
        )
    return "deep" if deep else "none" if no_rows else None


def _form(logical: bool, incremental: bool) -> str:
    if logical and incremental:
        raise UsageError(
            "`--logical` and `--incremental` exclude each other",
            next_step="leave one out; of archives only what changed is stored anyway",
        )
    return "postgres-logical" if logical else ""
