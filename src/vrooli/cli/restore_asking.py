"""Whether a restore is meant: what is lost or broken needs a yes, what serves well its name."""

import sys
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit
from vrooli.cli.status import read_status
from vrooli.core.errors import EXIT_FAILURE, UsageError, VrooliError

if TYPE_CHECKING:
    from vrooli.backup.point import Part
    from vrooli.core.home import Home


def require_meant(
    kit: Kit, home: "Home", part: "Part", *, only: Collection[str], yes: bool
) -> None:
    """Ask whoever sits there, or have it said.

    Raises:
        UsageError: nobody can be asked, and not enough was said.
    """
    service = part.service
    serves = serves_well(kit, home, part)
    if yes and (not serves or service in only):
        return
    if not sys.stdin.isatty():
        raise _unsaid(service, serves=serves)
    if serves:
        _answered(f"{service} serves, and is healthy. Its data is replaced: type its name", service)
    elif not yes:
        _answered(f"replace the data of {service}? [y/N]", "y", "yes")


def serves_well(kit: Kit, home: "Home", part: "Part") -> bool:
    """Whether it runs, its probe passes, and its data is there: a server whose files were removed
    answers for a while.
    """
    if part.source.startswith("postgres") and _is_lost(home, part.service):
        return False
    row = _row(kit, home, part.service)
    return row.get("state") == "running" and row.get("health") == "ok"


def _is_lost(home: "Home", service: str) -> bool:
    from vrooli.stack.postgres import clusters

    return clusters.major_of(clusters.data(home, service)) is None


def failed_at(kit: Kit, home: "Home", service: str) -> float:
    """Unix seconds at which it began to fail; 0 where it does not, or nobody knows."""
    return float(_row(kit, home, service).get("failing_since") or 0)


def _row(kit: Kit, home: "Home", service: str) -> Mapping[str, Any]:
    try:
        rows = read_status(kit, home)["services"]
    except VrooliError:  # nothing runs here
        return {}
    return next((row for row in rows if row["name"] == service), {})


def _unsaid(service: str, *, serves: bool) -> UsageError:
    if serves:
        return UsageError(
            f"{service} serves, and is healthy: its data is replaced only when it is named",
            where=service,
            next_step=f"say `--only {service} --yes` if it is meant; `--dry-run` tells what would "
            "be done, `--side-by-side` looks at it without touching anything",
        )
    return UsageError(
        f"this replaces the data of {service}, and nobody can be asked here",
        where=service,
        next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
    )


def _answered(question: str, *right: str) -> None:
    sys.stderr.write(f"{question}: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in right:
        render.note("nothing was changed")
        raise typer.Exit(EXIT_FAILURE)
