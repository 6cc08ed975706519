"""What several checks ask in the same way."""

from typing import Any

from vrooli.autoheal.check import Look
from vrooli.stack.kinds import kind_of
from vrooli.stack.wire import dsn, postgres

STATEMENT_SECONDS = 5.0
"""The server itself ends a statement of ours after this: a check must not become the long query
that it looks for."""


async def postgres_row(look: Look, query: str) -> tuple[str | None, ...]:
    """The last row of `query` on the PostgreSQL that `look` is about; empty when there is none.

    Raises:
        PostgresError, Unreachable, AccessDenied, ProtocolError: it did not answer that.
    """
    tools = look.facts.tools
    target = dsn.parse(kind_of(look.resource).url(look.resource, tools.place))
    limit = f"SET statement_timeout = {int(1000 * STATEMENT_SECONDS)}"
    row = await postgres.query(tools.streams, target, limit, query)
    return tuple(row.columns)


def value_at(data: Any, path: str) -> Any:
    """The value in JSON data at `path`, like `items.0.state`; None when there is none."""
    for part in path.split("."):
        if isinstance(data, list):
            data = data[int(part)] if part.isdigit() and int(part) < len(data) else None
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data
