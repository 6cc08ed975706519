"""Runs that a step started as its tasks, and does not wait for in place: it hears of their ends."""

from vrooli.flow.notes import WITHIN


def task_path(step: str, task: str) -> str:
    """Of the run that a step starts as a task: below its own path, as what it notes."""
    return f"{step}{WITHIN}{task}"


def tells(run: str) -> str:
    """In SQL, who hears of the end of that run: its parent, if it is a task of a step there."""
    return f"""(SELECT parent FROM runs
        WHERE id = {run} AND position('{WITHIN}' in parent_path) > 0)"""


STIRRED = f"""
stirred AS (
    UPDATE runs r SET stirs = r.stirs + 1,
        status = CASE r.status WHEN 'waiting' THEN 'pending' ELSE r.status END,
        lease_until = CASE r.status WHEN 'waiting' THEN now() ELSE r.lease_until END
    FROM ended e
    WHERE e.id = $1 AND r.id = {tells("$1")}
        AND r.status IN ('pending', 'running', 'waiting', 'paused')
    RETURNING r.id, r.root, r.status = 'pending' AND r.lease_until = now() AS woke
), woken AS (
    SELECT root, id AS run, 1 AS i, 'run.pending' AS kind, '{{"why": "task"}}'::jsonb AS data
    FROM stirred WHERE woke
)
"""
"""Of a statement that has `ended (id)`: whoever started the run $1 as a task goes on. Its `woken`
are news. That row is locked before, in the order of ids, with all others.
"""
