"""Which runs wait only themselves: what they started goes on."""

from typing import Any

# What is under way is looked at once for all of them, instead of a whole tree for each.
_WORKING = """
SELECT DISTINCT above.id FROM runs b CROSS JOIN LATERAL unnest(b.ancestors) AS above (id)
WHERE b.status IN ('pending', 'running') AND b.ancestors && $1::text[] AND above.id = ANY ($1)
"""


async def working(connection: Any, waiting: list[str]) -> set[str]:
    """Which of these runs, which wait, do."""
    if not waiting:
        return set()
    return {row[0] for row in await connection.fetch(_WORKING, waiting)}
