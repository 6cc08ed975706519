"""What the commands of backups have in common: arguments, and how points and proofs are told."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from vrooli.cli import render
from vrooli.core.errors import EXIT_FAILURE
from vrooli.core.plain import plain, plain_lines
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.backup.proof import Proof

PHYSICAL = "postgres-physical"
"""The form of a part that a server can be started on."""

Wanted = Annotated[
    str,
    typer.Argument(help="Its id, or how that begins; or `latest`.", metavar="[POINT]"),
]

Only = Annotated[
    Optional[str],  # noqa: UP045 -- typer reads the annotation at run time
    typer.Option(
        "--only",
        help="Parts: `postgres`, `redis`, `files`, `system`, or names; commas between them.",
        metavar="PART[,PART]",
        show_default=False,
    ),
]

Store = Annotated[
    str,
    typer.Option("--store", help="Look at this store alone.", metavar="NAME", show_default=False),
]


def rests(backups: "Backups") -> bool:
    """Whether a job has nothing to do here: it is told, and ends well; a check goes on warning."""
    if why := backups.resting():
        render.out(why)
    return bool(why)


def require(proof: "Proof | None") -> None:
    if proof is not None and proof.outcome != "verified":
        raise typer.Exit(EXIT_FAILURE)


def require_all(point: "Point", *, missing_ok: bool) -> None:
    """That nothing was left out which was asked for; else it is told."""
    if not point.left_out:
        return
    render.note(f"{left_out_told(point.left_out)}, though asked for: {point.id} lacks them")
    render.note(
        "  next: see that they are there and can be read, or correct `paths` and `exclude`; "
        "`backup-freshness` warns until a later point has them"
    )
    if not missing_ok:
        raise typer.Exit(EXIT_FAILURE)


def left_out_told(count: int) -> str:
    return f"{count} {'file is' if count == 1 else 'files are'} left out"


def tell(proof: "Proof") -> None:
    for check in proof.checks:
        render.out(f"  {check}")
    render.out(f"{render.paint(proof.outcome, _COLOUR[proof.outcome])} in {proof.seconds:.1f} s")
    if proof.why:
        render.note(plain_lines(proof.why))


_COLOUR = {"verified": "healthy", "failed": "failed", "unverified": "unknown"}


_MOST_LEFT_OUT = 10


def tell_left_out(part: "Part") -> None:
    """Files that are not in it, and those that went or changed while it was taken."""
    for (count, lines), what in (
        ((part.left_out, part.lacks), "left out: "),
        (part.noted, ""),
    ):
        for line in lines[:_MOST_LEFT_OUT]:
            render.note(f"  {part.service}: {what}{plain(line)}")
        if count > _MOST_LEFT_OUT:
            render.note(f"  {part.service}: {what}and {count - _MOST_LEFT_OUT} more")


def is_unread(part: "Part") -> bool:
    """Whether it is a database of whose rows nothing was read that a proof could compare."""
    from vrooli.backup.point import ARCHIVES
    from vrooli.stack.postgres import comparing

    rows = part.facts.get("rows") or {}
    return part.source in (PHYSICAL, *ARCHIVES) and comparing.is_unread(rows)


def begun_of(part: "Part", point: "Point") -> float:
    """When it was begun with, Unix seconds; older points do not tell it of each part."""
    return float(part.facts.get("begun", point.begun))


def added(point: "Point") -> int:
    """Bytes that were not in the store before."""
    return sum(int(part.facts.get("added", part.size)) for part in point.parts)


def pieces(count: int) -> str:
    """So many."""
    return "1 piece" if count == 1 else f"{count} pieces"


def stored(plain: int, size: int) -> str:
    """How much it is, and what it takes in a store where that is known: restic shares what it
    stores between its snapshots.
    """
    return f"{rough_size(plain)} in {rough_size(size)}" if size else rough_size(plain)


def note(line: str) -> None:
    render.note(f"  {plain(line)}")


def to_program(line: str) -> None:
    """As `stack.pace.line_of` reads it."""
    from vrooli.stack.pace import Measured

    render.out(line.to_json() if isinstance(line, Measured) else line)


def point_row(point: "Point") -> Mapping[str, Any]:
    return {
        "id": point.id,
        "stack": point.stack,
        "host": point.host,
        "begun": point.begun,
        "taken": point.taken,
        "bytes": point.plain,
        "stored_bytes": point.size,
        "left_out": point.left_out,
        "parts": [
            {
                "service": part.service,
                "source": part.source,
                "bytes": part.plain,
                "stored_bytes": part.size,
                "facts": part.facts,
            }
            for part in point.parts
        ],
    }


def proof_row(proof: "Proof | None") -> Mapping[str, Any]:
    from dataclasses import asdict

    return {"outcome": "unverified"} if proof is None else asdict(proof)


def how_told(part: "Part") -> str:
    """What it builds on, or why on nothing; empty for one that is whole as was asked for."""
    from vrooli.backup.chains import BASE, WHY_WHOLE

    added = part.facts.get("added", part.size)
    if added < part.size:
        return f"{rough_size(added)} of it new, the rest as in the point before"

    if base := part.facts.get(BASE):
        return f"what changed since {base}"
    why = part.facts.get(WHY_WHOLE)
    return f"whole, since {plain(str(why))}" if why else ""


def when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
