"""Other limits for a run that is there: so that one which paused at a limit may go on."""

from vrooli.core.errors import Refused
from vrooli.core.ports.database import Database
from vrooli.flow.budget import Limits, limits

# What limits nothing has nobody looking for it: only what is limited can be changed. Time is looked
# at when somebody begins to drive the run, or sets it down. Locks: runs, trees, ledgers.
_CHANGE = """
WITH one AS (
    SELECT id, root, deadline, created_at FROM runs
    WHERE id = $1 AND status IN ('pending', 'running', 'waiting', 'paused')
        AND ($5::float8 IS NULL OR status IN ('pending', 'waiting', 'paused'))
    FOR NO KEY UPDATE
), tree AS (
    SELECT t.root FROM run_trees t JOIN one USING (root) FOR NO KEY UPDATE OF t
), changed AS (
    UPDATE budgets b SET micros_limit = coalesce($2::bigint, b.micros_limit),
        tokens_limit = coalesce($3::bigint, b.tokens_limit),
        steps_limit = coalesce($4::bigint, b.steps_limit),
        seconds_limit = coalesce($5::float8, b.seconds_limit),
        on_limit = coalesce($6::text, b.on_limit)
    FROM one JOIN tree USING (root)
    WHERE b.run = one.id AND b.on_limit IS NOT NULL
        AND ($2::bigint IS NULL OR b.micros_limit IS NOT NULL)
        AND ($3::bigint IS NULL OR b.tokens_limit IS NOT NULL)
        AND ($4::bigint IS NULL OR b.steps_limit IS NOT NULL)
        AND ($5::float8 IS NULL OR b.seconds_limit IS NOT NULL)
    RETURNING one.*
), later AS (
    UPDATE runs r SET deadline = c.created_at + make_interval(secs => $5::float8),
        lease_until = CASE r.status WHEN 'waiting'
            THEN least(r.lease_until, c.created_at + make_interval(secs => $5::float8))
            ELSE r.lease_until END
    FROM changed c
    WHERE $5::float8 IS NOT NULL AND r.root = c.root AND r.deadline = c.deadline
        AND (r.id = c.id OR c.id = ANY (r.ancestors))
), counted AS (
    UPDATE run_trees t SET seq = t.seq + 1,
        steps_limit = CASE WHEN c.id = t.root THEN coalesce($4::bigint, t.steps_limit)
                           ELSE t.steps_limit END
    FROM changed c WHERE t.root = c.root RETURNING t.root, t.seq
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT root, seq, $1::text, now(), 'run.budget', jsonb_build_object('by', $7::text) FROM counted
)
SELECT count(*) FROM changed
"""


class Budgets:
    """For the API."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(self, run: str, budget: object, by: str) -> None:
        """Other limits, for the keys that are said.

        Raises:
            BadBudget: they cannot be.
            Refused: it has no such limit, has ended, or is driven while its time should change.
        """
        new: Limits = limits(budget)
        async with self._database.connection() as connection:
            if await connection.fetchval(_CHANGE, run, *new.columns, by):
                return
        raise Refused(
            "it has ended, or has no limit of a kind that is named; time can be changed only while "
            "nobody drives it",
            where=run,
            next_step=f"look at its budget: `vrooli run show {run}`",
        )
