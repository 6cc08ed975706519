"""Whether a restore is meant: what is lost or broken needs a yes, what serves well its name."""

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.asking import require_answer
from vrooli.cli.kit import Kit
from vrooli.cli.status import read_status
from vrooli.core.errors import UsageError, VrooliError

if TYPE_CHECKING:
    from vrooli.backup.point import Part
    from vrooli.core.home import Home


def meant(
    kit: Kit, home: "Home", parts: "Sequence[Part]", *, only: Collection[str], yes: bool
) -> "set[str]":
    """Services and files of `parts` that are to be replaced. What serves well stays, while others
    are lost and it was not named. Whoever sits there is asked before anything is done.

    Raises:
        UsageError: nobody can be asked, and not enough was said.
        Exit: it is not meant.
    """
    serving = [part for part in parts if serves_well(kit, home, part)]
    if not only and 0 < len(serving) < len(parts):
        for part in serving:
            render.note(
                f"  {part.service} is there, and healthy: it stays as it is "
                f"(`--only {part.service}` has it replaced)"
            )
        parts, serving = [part for part in parts if part not in serving], []
    for part in parts:
        _require(part.service, serves=part in serving, named=_is_named(part, only), yes=yes)
    return {part.service for part in parts}


def tell_staying(kit: Kit, home: "Home", parts: "Sequence[Part]", only: Collection[str]) -> None:
    """Say which of `parts` are not replaced unless they are named: a plan shows those as well."""
    for part in parts:
        if not _is_named(part, only) and serves_well(kit, home, part):
            render.note(
                f"  {part.service} is there, and healthy: it is replaced only when it is named "
                f"(`--only {part.service}`)"
            )


def _is_named(part: "Part", only: Collection[str]) -> bool:
    """What was there of files is kept beside, so that `files` names them well enough."""
    from vrooli.stack.backing import TREE

    return part.service in only or (part.form == TREE and part.source in only)


def _require(service: str, *, serves: bool, named: bool, yes: bool) -> None:
    if yes and (named or not serves):
        return
    if not sys.stdin.isatty():
        raise _unsaid(service, serves=serves)
    if serves:
        require_answer(
            f"{service} is there, and healthy. Its data is replaced: type its name:", service
        )
    else:
        require_answer(f"replace the data of {service}? [y/N]:")


def serves_well(kit: Kit, home: "Home", part: "Part") -> bool:
    """Whether it runs, its probe passes, and its data is there: a server whose files were removed
    answers for a while. Files are well while each that was taken is there, and no empty folder.
    """
    from vrooli.stack.backing import TREE

    if part.form == TREE:
        return all(map(_is_there, (part.facts.get("before") or {}).get("roots", ())))
    if part.source.startswith("postgres") and _is_lost(home, part.service):
        return False
    row = _row(kit, home, part.service)
    return row.get("state") == "running" and row.get("health") == "ok"


def _is_there(path: str) -> bool:
    try:
        return os.path.lexists(path) and (not os.path.isdir(path) or bool(os.listdir(path)))
    except OSError:
        return False


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
            f"{service} is there, and healthy: its data is replaced only when it is named",
            where=service,
            next_step=f"say `--only {service} --yes` if it is meant; `--dry-run` tells what would "
            "be done, `--side-by-side` looks at it without touching anything",
        )
    return UsageError(
        f"this replaces the data of {service}, and nobody can be asked here",
        where=service,
        next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
    )
