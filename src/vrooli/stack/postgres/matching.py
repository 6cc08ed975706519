"""Comparing a copy with its source, which may still be there to tell what it wrote meanwhile."""

from collections.abc import Mapping
from typing import Any

from vrooli.core.errors import Refused, StartFailed, VrooliError
from vrooli.stack.postgres import source_rows
from vrooli.stack.postgres.comparing import Compared, compared
from vrooli.stack.postgres.upgrade import compare
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.facts import Facts
from vrooli.stack.postgres.upgrade.resource import Resource

LATE = 12.0
"""Seconds after which a server has told of every write: a session that does nothing tells of its
last ones after ten (PGSTAT_IDLE_INTERVAL in pgstat.c)."""

SOON = 600.0
"""Seconds within which what a server says of writes is about those beside the copy. Later a table
that lacks rows would only have to be written to once to be taken for whole."""


async def matched(
    of: Resource, live: Asker, source: Mapping[str, Any], copy: Facts, major: int
) -> Compared:
    """Compare `copy` with what `source` says, asking the server itself where they differ.

    Raises:
        StartFailed: a table differs that nobody wrote to.
        Refused: one differs, and the server is not there to tell whether somebody did.
    """
    found, clock = compared(source, copy, {}, major), of.context.tools.clock
    for wait in (0.0, LATE):
        if not found.wrong:
            return found
        if clock.wall() - source["at"] > SOON:
            raise _unclear(of, found, "that is too long ago to tell whether it was written to")
        await clock.sleep(wait)
        try:
            now = await source_rows.marks(live)
        except VrooliError as error:
            why = f"that cannot be asked whether it was written to: {error.what}"
            raise _unclear(of, found, why) from error
        found = compared(source, copy, now, major)
    if not found.wrong:
        return found
    raise StartFailed(
        f"it does not hold what its source held:{compare.told(found.wrong)}",
        where=of.name,
        next_step="take another restore point; please report this",
    )


def _unclear(of: Resource, found: Compared, why: str) -> Refused:
    return Refused(
        f"it differs from its source, and {why}{compare.told(found.wrong)}",
        where=of.name,
        next_step="take another restore point, which is verified at once",
    )
