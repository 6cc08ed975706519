"""What the commands of backups have in common: arguments, and how points and proofs are told."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.core.errors import EXIT_FAILURE

if TYPE_CHECKING:
    from vrooli.backup.point import Part, Point
    from vrooli.backup.proof import Proof

Wanted = Annotated[
    str,
    typer.Argument(help="Its id, or how that begins; or `latest`.", metavar="[POINT]"),
]

Store = Annotated[
    str,
    typer.Option("--store", help="Look at this store alone.", metavar="NAME", show_default=False),
]


def require(proof: "Proof | None") -> None:
    if proof is not None and proof.outcome != "verified":
        raise typer.Exit(EXIT_FAILURE)


def tell(proof: "Proof") -> None:
    for check in proof.checks:
        render.out(f"  {check}")
    render.out(f"{render.paint(proof.outcome, _COLOUR[proof.outcome])} in {proof.seconds:.1f} s")
    if proof.why:
        render.note(render.plain_lines(proof.why))


_COLOUR = {"verified": "healthy", "failed": "failed", "unverified": "unknown"}


def note(line: str) -> None:
    render.note(f"  {render.plain(line)}")


def point_row(point: "Point") -> Mapping[str, Any]:
    return {
        "id": point.id,
        "stack": point.stack,
        "host": point.host,
        "begun": point.begun,
        "taken": point.taken,
        "bytes": point.plain,
        "stored_bytes": point.size,
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

    if base := part.facts.get(BASE):
        return f"what changed since {base}"
    why = part.facts.get(WHY_WHOLE)
    return f"whole, since {render.plain(str(why))}" if why else ""


def when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
