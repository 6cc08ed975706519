"""`vrooli restore --only TABLE`: a table of a restore point, or of a moment after it, beside the
one that serves.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.backup_words import note
from vrooli.cli.bar import Bar
from vrooli.cli.interrupt import interruptible
from vrooli.core.plain import plain

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.stack.postgres.rescue.differing import Rescued
    from vrooli.stack.upgrading import Wish


def rescue(backups: "Backups", wish: "Wish", service: str, table: str, *, json: bool) -> None:
    """Do it, and tell how the two differ."""
    with (
        interruptible("what serves was not changed", "the same command begins anew"),
        Bar(note, quiet=json) as bar,
    ):
        done = backups.rescue(wish, service, table, bar.told)
    if json:
        render.print_json(_row(wish, done))
        return
    when = f", up to {done.reached}," if done.reached else ""
    render.out(
        f"{done.table} of {wish.restore}{when} is in {done.copy}; the one that serves was not "
        "touched"
    )
    _tell_difference(done)
    for what, statement in (
        ("takes over rows that are missing", done.take_missing),
        ("has changed rows as they were", done.take_changed),
        ("removes what was made here", done.undo),
    ):
        if statement:
            render.out(f"  {what}:\n    {statement}")


def _tell_difference(done: "Rescued") -> None:
    found = done.rows_differ
    if found is None:
        render.out(f"  there is no table {done.table} any more: all of it is missing")
        return
    render.out(f"  {found.rescued} rows then, {found.live} now")
    counts = {
        "only now": (found.only_live, "only_live"),
        "only then": (found.only_rescued, "only_rescued"),
        "changed": (found.changed, "changed"),
    }
    for what, (number, kind) in counts.items():
        if kind == "changed" and not found.key:
            continue
        first = ["/".join(key) for key in found.keys.get(kind, ())]
        shown = f": {', '.join(first)}{', ...' if number > len(first) else ''}" if first else ""
        render.out(plain(f"  {what}: {number}{shown}"))
    if not found.key:
        render.out("  it has no primary key: a changed row counts as one now and another then")


def _row(wish: "Wish", done: "Rescued") -> dict[str, Any]:
    from vrooli.stack.postgres.rescue.differing import to_json

    told = asdict(done)
    differ = done.rows_differ
    told["rows_differ"] = to_json(differ) if differ is not None else None
    names = {"table": str(done.table), "copy": str(done.copy)}
    return {"point": wish.restore, "until": wish.until, **told, **names}
