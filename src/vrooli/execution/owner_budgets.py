"""What the runs of somebody may spend in a month: one more level of the ledger, above all trees."""

from collections.abc import Sequence
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.flow.budget import Limits
from vrooli.flow.monthly import begins, month_of, standing
from vrooli.flow.patience import AGAIN


def purse(owner: str, month: str) -> str:
    """In SQL, the key of a month in the ledger: `owner:ann@example.org:2026-11`."""
    return f"'owner:' || {owner} || ':' || {month}"


OPEN_MONTH = f"""
INSERT INTO budgets (run, owner, month, micros_limit, tokens_limit)
SELECT {purse("o.owner", "$2::text")}, o.owner, ($2 || '-01')::date, o.micros_limit, o.tokens_limit
FROM runs r JOIN owner_limits o ON o.owner = r.created_by WHERE r.id = $1
ON CONFLICT DO NOTHING
"""
"""For the owner of a run, if he has a limit."""

_LIMITED = """
SELECT o.owner, o.micros_limit, o.tokens_limit,
       coalesce(b.micros_spent, 0) AS micros_spent,
       coalesce(b.micros_reserved, 0) AS micros_reserved,
       coalesce(b.tokens_spent, 0) AS tokens_spent,
       coalesce(b.tokens_reserved, 0) AS tokens_reserved
FROM owner_limits o LEFT JOIN budgets b ON b.run = {purse}
"""


def standing_of(owner: str) -> str:
    """In SQL, the row that tells how somebody stands this month; none when he has no limit."""
    this_month = "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')"
    return f"{_LIMITED.format(purse=purse('o.owner', this_month))} WHERE o.owner = {owner}"


_ALL = f"{_LIMITED.format(purse=purse('o.owner', '$2::text'))} WHERE o.owner = ANY ($1::text[])"

# Whoever sets aside, settles or releases meanwhile would see half of it, a month's mark but not its
# ledger, or no limit at all, and book nothing there. So what is under way ends first, and what
# comes later begins when all of it is there.
_ALONE = """
SET LOCAL lock_timeout = '500ms';
LOCK TABLE budget_reservations IN SHARE ROW EXCLUSIVE MODE;
SET LOCAL lock_timeout = 0
"""
"""Others queue behind it: so it waits shortly, beside an old run's removal, and tries again."""

# What was spent in this month before anybody limited it counts as well: each reservation once, for
# it is marked. A limit that comes back after it was removed makes up for the time between.
_SET = f"""
WITH limits AS (
    INSERT INTO owner_limits (owner, micros_limit, tokens_limit, set_by) VALUES ($1, $2, $3, $4)
    ON CONFLICT (owner) DO UPDATE SET micros_limit = excluded.micros_limit,
        tokens_limit = excluded.tokens_limit, set_by = excluded.set_by, set_at = now()
), counted AS (
    UPDATE budget_reservations q SET purse = {purse("$1::text", "$5::text")}
    FROM runs r
    WHERE r.id = q.run AND r.created_by = $1 AND q.purse IS NULL AND q.status <> 'released'
        AND q.made_at >= to_timestamp($6)
    RETURNING q.*
)
INSERT INTO budgets (run, owner, month, micros_limit, tokens_limit, micros_spent, tokens_spent,
                     micros_reserved, tokens_reserved)
SELECT {purse("$1::text", "$5::text")}, $1, ($5 || '-01')::date, $2, $3,
       coalesce(sum(real_micros), 0), coalesce(sum(real_tokens), 0),
       coalesce(sum(micros) FILTER (WHERE status = 'open'), 0),
       coalesce(sum(tokens) FILTER (WHERE status = 'open'), 0)
FROM counted
ON CONFLICT (run) DO UPDATE SET micros_limit = excluded.micros_limit,
    tokens_limit = excluded.tokens_limit,
    micros_spent = budgets.micros_spent + excluded.micros_spent,
    tokens_spent = budgets.tokens_spent + excluded.tokens_spent,
    micros_reserved = budgets.micros_reserved + excluded.micros_reserved,
    tokens_reserved = budgets.tokens_reserved + excluded.tokens_reserved
"""


class OwnerBudgets:
    """For the API."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def of(self, owners: Sequence[str]) -> dict[str, dict[str, Any]]:
        """How those of them stand this month that have a limit."""
        now = self._clock.wall()
        async with self._database.connection() as connection:
            rows = await connection.fetch(_ALL, owners, month_of(now))
        return {row["owner"]: standing(dict(row), now) for row in rows}

    async def set(self, owner: str, limits: Limits, by: str) -> None:
        """What all runs of `owner` together may spend from now on in each month, this one
        included.

        Args:
            owner: as runs name it.
            limits: on cost and tokens.
            by: who says so.

        Raises:
            Unreachable: PostgreSQL is away, or somebody works on the ledger for too long.
        """
        month = month_of(self._clock.wall())
        values = (owner, limits.micros, limits.tokens, by, month, begins(month))
        for pause in (*AGAIN, None):
            try:
                async with self._database.connection() as connection, connection.transaction():
                    await connection.execute(_ALONE)
                    await connection.execute(_SET, *values)
                return
            except VrooliError as error:
                if pause is None or not error.retryable:
                    raise
            await self._clock.sleep(pause)

    async def clear(self, owner: str) -> None:
        """Nothing limits `owner` any more."""
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM owner_limits WHERE owner = $1", owner)
