"""Whether the tables and indexes of a copy are sound, by PostgreSQL's own `pg_amcheck`: a read of
every row takes no index, and a page whose checksum is right may still hold nonsense.
"""

from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.upgrading import Told

_THERE = "SELECT to_json(EXISTS (SELECT FROM pg_available_extensions WHERE name = 'amcheck'))"


async def checked(
    run: Programs, programs: Installation, asker: Asker, told: Told, *, deep: bool
) -> str:
    """What was found, in words.

    Args:
        run: runs it beside the server.
        programs: of the server.
        asker: the server, on a copy that nobody else uses: it gets the extension.
        told: gets a line before.
        deep: whether each row is looked for in each index, which takes several times as long.

    Raises:
        StartFailed: something is not sound, with what.
    """
    there = (programs.bin / "pg_amcheck").is_file() and await asker.json(_THERE)
    if not there:
        return "indexes were not checked: pg_amcheck and its extension are not here"
    spec = run.stage.amcheck(programs, deep=deep)
    await run.run("check every table and index", spec, told)
    held = ", and has an entry for each row" if deep else ""
    return f"pg_amcheck finds nothing wrong with tables; every index is in its order{held}"
