"""Port `Sql`, in memory: a database is a function."""

from collections.abc import Callable

from vrooli.core.errors import UsageError
from vrooli.core.ports.sql import Rows, Statement


class MemorySql:
    """Asks a function, which answers or raises what the port allows.

    Attributes:
        asked: address and statement, each time.
    """

    def __init__(self, database: Callable[[Statement], Rows]) -> None:
        self._database = database
        self.asked: list[tuple[str, Statement]] = []

    async def ask(self, dsn: str, statement: Statement) -> Rows:
        """See the port."""
        if not dsn.startswith(("postgresql://", "postgres://")):
            raise UsageError(
                "the secret holds no address of a database: postgresql://...",
                next_step="put one there",
            )
        self.asked.append((dsn, statement))
        found = self._database(statement)
        more = len(found.rows) > statement.most
        return Rows(found.columns, found.rows[: statement.most], more, found.affected)
