"""`vrooli backup list` and `show`."""

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import Store as StoreName
from vrooli.cli.backup_words import (
    Wanted,
    begun_of,
    how_told,
    is_unread,
    note,
    pieces,
    point_row,
    proof_row,
    stored,
    tell,
    tell_left_out,
    when,
)
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, Damaged, VrooliError
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Point
    from vrooli.backup.store import Store
    from vrooli.stack.kept_data import Kept


_LIST_HELP = """
List the restore points: what can be gone back to. Then what restores and upgrades kept of the data
that was in force before, which takes room until it is removed. `--json` has `points` and `kept`.

Examples:

  vrooli backup list

  vrooli backup list --store offsite
"""

_SHOW_HELP = """
What a restore point holds, and what became of its last proof.

Examples:

  vrooli backup show latest

  vrooli backup show 20261128t075212z-3f09ab --json
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @group.command("list", help=_LIST_HELP)
    def list_(store: StoreName = "", file: File = None, json: Json = False) -> None:
        _list(kit.backups(home_to_read(kit, file)).only(store, note), store, json=json)

    @group.command(help=_SHOW_HELP)
    def show(
        wanted: Wanted = "latest", store: StoreName = "", file: File = None, json: Json = False
    ) -> None:
        found = kit.backups(home_to_read(kit, file)).only(store, note).store()
        point = found.point(wanted)
        proof = found.last_look(point)
        if json:
            render.print_json({**point_row(point), "proof": proof_row(proof)})
            return
        render.out(f"{point.id}: {point.stack} on {point.host}, {when(point.taken)}")
        for part in point.parts:
            render.out(
                f"  {part.service}: {stored(part.plain, part.size)}, "
                f"{f'{pieces(len(part.packs))}, ' if part.packs else ''}"
                f"{part.source}, {when(begun_of(part, point))}"
            )
            tell_left_out(part)
            if told := how_told(part):
                render.out(f"    {told}")
            if is_unread(part):
                render.out("    no row of the source was read: no proof can compare them")
        if proof is None:
            render.out("  unverified: nobody looked whether it works")
        else:
            tell(proof)


def _list(backups: "Backups", store: str, *, json: bool) -> None:
    found = backups.store()
    rows = [_row(found, id, one) for id, one in found.points()]
    gone = [] if store else _gone(backups, {str(row["id"]) for row in rows})
    if json:
        render.print_json({"points": rows, "kept": [_kept_row(*one) for one in backups.kept()]})
    elif rows:
        _show_rows(rows)
    elif not gone:
        render.note("there is none yet: `vrooli backup run` takes one")
    if gone:
        note(
            f"{len(gone)} that were taken here are in no store that answers, the newest "
            f"{gone[-1]}: `vrooli backup store check`; where they lie in a store that the stack "
            "file does not name any more (at first `backups/` of the home), name it again"
        )
    if not (store or json):
        _tell_kept(backups)
    if gone or any("error" in row for row in rows):
        raise typer.Exit(EXIT_FAILURE)


def _tell_kept(backups: "Backups") -> None:
    """What was in force before a restore stays beside it until somebody removes it."""
    from vrooli.stack.durations import rough_duration

    found = backups.kept()
    for one, bytes_ in found:
        age = rough_duration(max(0.0, time.time() - one.since))
        render.note(
            f"kept of {one.service}: {one.path}, {rough_size(bytes_)}, in force until {age} ago"
        )
    for service in dict.fromkeys(one.service for one, _ in found):
        render.note(f"  next: `vrooli resource upgrade {service} --forget --all` removes them")


def _kept_row(one: "Kept", bytes_: int) -> dict[str, Any]:
    """`last`: `--undo` may go back to it, and `--forget` alone removes it."""
    return {
        "service": one.service,
        "path": str(one.path),
        "in_force_until": one.since,
        "bytes": bytes_,
        "last": one.last,
    }


def _gone(backups: "Backups", there: Collection[str]) -> list[str]:
    """Points that our own record knows; whoever prunes takes them out of it. A damaged record is
    told by a check, and keeps nobody from seeing what there is.
    """
    try:
        return [one.id for one in backups.ledger().points if one.id not in there]
    except Damaged:
        return []


def _row(store: "Store", id: str, found: "Point | VrooliError") -> dict[str, Any]:
    from vrooli.backup.point import ARCHIVES

    if isinstance(found, VrooliError):
        return {"id": id, "state": "damaged", "error": str(found)}
    told = {"state": "unverified"}
    try:
        if proof := store.proof(id, found):
            told["state"] = proof.outcome
    except Damaged as error:
        told["error"] = str(error)
    return {
        "id": id,
        "taken": found.taken,
        "services": [part.service for part in found.parts],
        "archives": [part.service for part in found.parts if part.source in ARCHIVES],
        "bytes": found.plain,
        "stored_bytes": found.size,
        "left_out": found.left_out,
        **told,
        "rows_unread": [part.service for part in found.parts if is_unread(part)],
    }


def _of(row: dict[str, Any]) -> list[str]:
    """What it holds; archives are gone back to only by name, so that they are told apart."""
    archives = row.get("archives", ())
    return [
        f"{service} (archives)" if service in archives else service
        for service in row.get("services", ("-",))
    ]


def _state(row: dict[str, Any]) -> str:
    said = [str(row["state"])]
    if count := row.get("left_out", 0):
        said.append(f"{count} left out")
    if row.get("rows_unread"):
        said.append("rows not compared")
    return ", ".join(said)


def _show_rows(rows: list[dict[str, Any]]) -> None:
    cells = [
        (
            row["id"],
            when(row["taken"]) if "taken" in row else "-",
            ", ".join(_of(row)),
            rough_size(row["stored_bytes"]) if row.get("stored_bytes") else "-",
            _state(row),
        )
        for row in rows
    ]
    render.table(("POINT", "TAKEN", "OF", "SIZE", "STATE"), cells)
    for row in rows:
        if "error" in row:
            render.note(row["error"])
