"""A query as a look at a PostgreSQL: what its answer says about its health."""

from vrooli.core.ports.streams import Streams
from vrooli.core.result import Result, critical, ok, starting
from vrooli.stack.wire import dsn, postgres

CANNOT_CONNECT_NOW = "57P03"
"""It starts up, recovers from a crash, or shuts down: appendix A of its manual."""


async def ask(streams: Streams, target: dsn.Dsn, *statements: str) -> Result:
    """Run `statements` there; the first value of the last answer is in `details`."""
    try:
        row = await postgres.query(streams, target, *statements)
    except postgres.PostgresError as error:
        if error.sqlstate == CANNOT_CONNECT_NOW:
            return starting(error.what, sqlstate=error.sqlstate)
        # It took the connection and gave a reason: busy or misused, but certainly not hung.
        return critical(error.what, sqlstate=error.sqlstate, answered=True)
    return ok(
        "answers queries", answer=row.columns[0][:200] if row.columns and row.columns[0] else ""
    )
