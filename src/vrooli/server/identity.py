"""Which database this is: the same word for all processes that use it, and for no other one."""

from vrooli.server.database import Database

_WHICH = """
SELECT to_hex(s.system_identifier) || '-' || d.oid
FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()
"""


class Identity:
    """Asked once. Several stacks may share a Redis, and none may take another's words for its
    own.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._known = database, ""

    async def __call__(self) -> str:
        """It; raises as `Database.connection` does for as long as PostgreSQL has never answered."""
        if not self._known:
            async with self._database.connection() as connection:
                self._known = str(await connection.fetchval(_WHICH))
        return self._known
