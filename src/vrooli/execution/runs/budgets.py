"""Other limits for a run that is there: so that one which paused at a limit may go on."""

from vrooli.core.errors import Refused
from vrooli.core.ports.database import Database
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.runs.engine import Engine
from vrooli.execution.runs.views import unknown_run
from vrooli.flow.budget import Limits, limits

# What limits nothing has nobody looking for it: only what is limited can be changed. Time is looked
# at when somebody begins to drive the run, or sets it down. What paused at a limit goes on, here
# and below; whoever drives the others hears that something was decided, should they just be about
# to pause. Time while it had ended stays none of its own. The news read the ledger as it was
# before. Locks: runs in the order of their ids, trees, ledgers.
_CHANGE = """
WITH open AS (
    SELECT * FROM runs
    WHERE root = (SELECT root FROM runs WHERE id = $1) AND (id = $1 OR $1 = ANY (ancestors))
        AND (status IN ('pending', 'running', 'waiting', 'paused') OR id = $1)
    ORDER BY id FOR NO KEY UPDATE
), one AS (
    SELECT id, root, deadline, created_at FROM open
    WHERE id = $1 AND status IN ('pending', 'running', 'waiting', 'paused', 'failed')
        AND ($5::float8 IS NULL OR status <> 'running')
), tree AS (
    SELECT t.root FROM run_trees t JOIN one USING (root) FOR NO KEY UPDATE OF t
), own AS (
    SELECT b.run, b.seconds_limit FROM budgets b JOIN one ON one.id = b.run JOIN tree USING (root)
    FOR NO KEY UPDATE OF b
), changed AS (
    UPDATE budgets b SET micros_limit = coalesce($2::bigint, b.micros_limit),
        tokens_limit = coalesce($3::bigint, b.tokens_limit),
        steps_limit = coalesce($4::bigint, b.steps_limit),
        seconds_limit = coalesce($5::float8, b.seconds_limit),
        on_limit = coalesce($6::text, b.on_limit)
    FROM one JOIN own ON own.run = one.id
    WHERE b.run = one.id AND b.on_limit IS NOT NULL
        AND ($2::bigint IS NULL OR b.micros_limit IS NOT NULL)
        AND ($3::bigint IS NULL OR b.tokens_limit IS NOT NULL)
        AND ($4::bigint IS NULL OR b.steps_limit IS NOT NULL)
        AND ($5::float8 IS NULL OR b.seconds_limit IS NOT NULL)
    RETURNING one.*, one.created_at + make_interval(secs => $5::float8) + greatest(
        one.deadline - one.created_at - make_interval(secs => own.seconds_limit), interval '0'
    ) AS ends
), known AS (
    SELECT o.id, o.status = 'paused' AND 'budget' = (
               SELECT e.data->>'by' FROM run_events e
               WHERE e.root = o.root AND e.run = o.id AND e.kind = 'run.paused'
               ORDER BY e.seq DESC LIMIT 1) AS goes_on,
           CASE WHEN o.deadline = c.deadline THEN coalesce(c.ends, o.deadline)
                ELSE o.deadline END AS deadline
    FROM open o, changed c
), moved AS (
    UPDATE runs r SET stirs = r.stirs + 1, deadline = k.deadline,
        status = CASE WHEN k.goes_on THEN 'pending' ELSE r.status END,
        lease_until = CASE WHEN k.goes_on THEN now()
                           WHEN r.status = 'waiting' THEN least(r.lease_until, k.deadline)
                           ELSE r.lease_until END
    FROM known k WHERE r.id = k.id RETURNING r.id, r.root, k.goes_on
), news AS (
    SELECT root, id AS run, 1 AS i, 'run.budget' AS kind,
           jsonb_build_object('by', $7::text, 'limits', jsonb_strip_nulls(jsonb_build_object(
               'cost', $2::bigint / 1e6, 'tokens', $3::bigint, 'steps', $4::bigint,
               'time', $5::float8, 'on_limit', $6::text
           )), 'was', (SELECT jsonb_strip_nulls(jsonb_build_object(
               'cost', w.micros_limit / 1e6, 'tokens', w.tokens_limit, 'steps', w.steps_limit,
               'time', w.seconds_limit, 'on_limit', w.on_limit
           )) FROM budgets w WHERE w.run = changed.id)) AS data
    FROM changed
    UNION ALL
    SELECT root, id, 2, 'run.pending', jsonb_build_object('by', $7::text, 'why', 'budget')
    FROM moved WHERE goes_on
), counted AS (
    UPDATE run_trees t SET seq = t.seq + (SELECT count(*) FROM news),
        steps_limit = CASE WHEN c.id = t.root THEN coalesce($4::bigint, t.steps_limit)
                           ELSE t.steps_limit END
    FROM changed c WHERE t.root = c.root
    RETURNING t.root, t.seq - (SELECT count(*) FROM news) AS before
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT c.root, c.before + row_number() OVER (ORDER BY n.i, n.run), n.run, now(), n.kind, n.data
    FROM counted c, news n
)
SELECT root, ARRAY(SELECT id FROM moved WHERE goes_on) FROM changed
"""

_STANDS = """
SELECT r.status, b.micros_limit, b.tokens_limit, b.steps_limit, b.seconds_limit, b.on_limit
FROM runs r LEFT JOIN budgets b ON b.run = r.id WHERE r.id = $1
"""

_KINDS = ("cost", "tokens", "steps", "time", "on_limit")


class Budgets:
    """For the API of one process, which goes on with what had paused while it has room. `told`
    hears which trees have new events.
    """

    def __init__(self, database: Database, engine: Engine, told: Told = nobody) -> None:
        self._database, self._engine, self._told = database, engine, told

    async def change(self, run: str, budget: object, by: str) -> None:
        """Other limits, for the keys that are said. What paused at a limit, here and below, goes on
        at once, and pauses again where they are not enough.

        Raises:
            BadBudget: they cannot be.
            Refused: it has no such limit, has ended otherwise than by a failure, or is driven while
                its time should change.
        """
        new: Limits = limits(budget)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_CHANGE, run, *new.columns, by)
        if row is None:
            raise await self._refused(run, new)
        self._told((row[0],))
        for one in row[1]:
            await self._engine.wake(one)

    async def _refused(self, run: str, new: Limits) -> Refused:
        """Which of the causes it is that nothing was changed."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_STANDS, run)
        if row is None:
            raise unknown_run(run)
        status, *there = row
        pairs = zip(_KINDS, there, new.columns, strict=True)
        lacking = [kind for kind, now, said in pairs if said is not None and now is None]
        look = f"`vrooli run budget {run}` shows its limits"
        if status in ("completed", "cancelled"):
            what = f"it is {status}: what it may spend matters no more"
        elif lacking:
            what = f"it has no limit of {', '.join(lacking)}: only one that is there can be changed"
            look += "; one that is not is given at the start: `--budget`"
        elif new.seconds is not None and status == "running":
            what = "its time can be changed only while nobody drives it"
            look = f"`vrooli run pause {run}` first"
        else:
            what, look = "it went on or ended meanwhile", f"{look}; say it again"
        return Refused(what, where=run, next_step=look)
