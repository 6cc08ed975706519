"""Approvals in PostgreSQL: a question is put once, and decided once."""

import secrets
from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.approvals.delegating import Move
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.swarm_shape import RISKS
from vrooli.execution.telling import TOLD
from vrooli.flow.approval import Answer, Question

_RISKS = f"'{{{','.join(RISKS)}}}'::text[]"

# A step's question stands beside its beginning, which is durable before; who lost the run in the
# meantime asks the same.
# Where the owner of the run is away, it is handed on at once, as far as that rule goes.
_ASK = f"""
WITH away AS (
    SELECT w.person, w."to",
           'away until ' || to_char(w.until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') AS why
    FROM steps s JOIN runs r ON r.id = s.run JOIN approval_absences w ON w.person = r.created_by
    WHERE s.run = $2 AND s.path = $3 AND s.attempt = $4 AND w.until > now()
        AND (w.risk = '{RISKS[-1]}' OR array_position({_RISKS}, s.arguments->'what'->>'risk')
                                       <= array_position({_RISKS}, w.risk))
), asked AS (
    INSERT INTO approvals (id, run, path, attempt, hash, expires_at, delegates, moves)
    SELECT $1, s.run, s.path, s.attempt, $5, to_timestamp($6::float8),
           ARRAY(SELECT "to" FROM away), (SELECT count(*) FROM away)
    FROM steps s JOIN runs r ON r.id = s.run
    WHERE s.run = $2 AND s.path = $3 AND s.attempt = $4 AND r.status = 'running'
    ON CONFLICT (run, path, attempt) DO NOTHING RETURNING *
), handed AS (
    INSERT INTO approval_delegations (approval, n, "by", "to", back, because)
    SELECT a.id, a.moves, w.person, w."to", false, w.why FROM asked a CROSS JOIN away w
), news AS (
    SELECT r.root, a.run, 2 AS i, 'approval.delegated' AS kind,
           jsonb_build_object('id', a.id, 'path', a.path, 'attempt', a.attempt, 'by', w.person,
                              'to', w."to", 'back', false, 'reason', w.why) AS data
    FROM asked a JOIN runs r ON r.id = a.run CROSS JOIN away w
    UNION ALL
    SELECT r.root, a.run, 1 AS i, 'approval.asked' AS kind,
           jsonb_build_object('id', a.id, 'path', a.path, 'attempt', a.attempt, 'hash', a.hash)
               AS data
    FROM asked a JOIN runs r ON r.id = a.run
), {TOLD}
SELECT root FROM news
"""

# Locked with its run, as a decision does it: one of the two is first.
_EXPIRE = f"""
WITH run AS (
    SELECT id, root FROM runs WHERE id = $1 FOR NO KEY UPDATE
), ended AS (
    UPDATE approvals a SET status = 'expired', decided_at = now() FROM run r
    WHERE a.run = r.id AND a.path = $2 AND a.attempt = $3 AND a.status = 'pending'
        AND a.expires_at <= now()
    RETURNING a.id, a.run, a.path, a.attempt, r.root
), news AS (
    SELECT root, run, 1 AS i, 'approval.expired' AS kind,
           jsonb_build_object('id', id, 'path', path, 'attempt', attempt) AS data
    FROM ended
), {TOLD}
SELECT root FROM ended
"""

_STANDS = """
SELECT a.status, coalesce(a.decided_by, ''), extract(epoch FROM a.decided_at)::float8, a.reason,
       r.stirs, a.expires_at <= now()
FROM runs r LEFT JOIN approvals a ON a.run = r.id AND a.path = $2 AND a.attempt = $3
WHERE r.id = $1
"""

# It can be decided, and so be handed on.
_OPEN = """
a.status = 'pending' AND (a.expires_at IS NULL OR a.expires_at > now())
        AND r.status IN ('pending', 'running', 'waiting', 'paused')
""".strip()

# The run is locked first: whoever sets it down to wait meanwhile comes before or after, and then
# sees that it was stirred. A run that only waits is free for whoever claims it.
_DECIDE = f"""
WITH run AS (
    SELECT r.id, r.root, r.status, r.created_by FROM runs r
    WHERE r.id = (SELECT run FROM approvals WHERE id = $1) FOR NO KEY UPDATE
), decided AS (
    UPDATE approvals a SET status = $2, decided_by = $4, reason = $5, decided_at = now() FROM run r
    WHERE a.id = $1 AND a.hash = $3 AND {_OPEN}
        AND ($6 = '' OR r.created_by = $6 OR $6 = ANY (a.delegates))
    RETURNING a.id, a.run, a.path, a.attempt, a.hash, r.root, r.status AS before,
              CASE WHEN $4 <> r.created_by AND $4 = ANY (a.delegates)
                   THEN jsonb_build_object('for', r.created_by) ELSE '{{}}' END AS place
), moved AS (
    UPDATE runs r SET stirs = r.stirs + 1,
        status = CASE r.status WHEN 'waiting' THEN 'pending' ELSE r.status END,
        lease_until = CASE r.status WHEN 'waiting' THEN now() ELSE r.lease_until END
    FROM decided d WHERE r.id = d.run
), news AS (
    SELECT root, run, 1 AS i, 'approval.' || $2::text AS kind,
           jsonb_build_object('id', id, 'path', path, 'attempt', attempt, 'hash', hash,
                              'by', $4::text, 'reason', $5::text) || place AS data
    FROM decided
    UNION ALL
    SELECT root, run, 2, 'run.pending', jsonb_build_object('by', $4::text, 'why', 'decided')
    FROM decided WHERE before = 'waiting'
), {TOLD}
SELECT run, root FROM decided
"""

# Locked as a decision does it. Who is asked must be who was looked at: of two that hand it on at
# once, one looks again.
_DELEGATE = f"""
WITH run AS (
    SELECT r.id, r.root, r.status FROM runs r
    WHERE r.id = (SELECT run FROM approvals WHERE id = $1) FOR NO KEY UPDATE
), handed AS (
    UPDATE approvals a SET delegates = $3, moves = a.moves + 1 FROM run r
    WHERE a.id = $1 AND a.moves = $2 AND {_OPEN}
    RETURNING a.id, a.run, a.path, a.attempt, a.moves, r.root
), kept AS (
    INSERT INTO approval_delegations (approval, n, "by", "to", back, because)
    SELECT id, moves, $4, $5, $6, $7 FROM handed
), news AS (
    SELECT root, run, 1 AS i, 'approval.delegated' AS kind,
           jsonb_build_object('id', id, 'path', path, 'attempt', attempt, 'by', $4::text,
                              'to', $5::text, 'back', $6::boolean, 'reason', $7::text) AS data
    FROM handed
), {TOLD}
SELECT root FROM handed
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody says.

    Attributes:
        approved: or rejected.
        hash: of what it is about.
        by: who.
        reason: for people; may be empty.
        only: counts only where that one is asked, or was asked before; empty for whoever decides
            everything.
    """

    approved: bool
    hash: str
    by: str
    reason: str
    only: str = ""


@dataclass(frozen=True, slots=True)
class Delegation:
    """What somebody hands on.

    Attributes:
        by: who.
        to: whom it is asked of from now on; `delegating.ME` takes it back.
        because: for people; may be empty.
        everything: `by` may decide everything.
    """

    by: str
    to: str
    because: str
    everything: bool = False


class ApprovalStore:
    """Table `approvals`: `flow.approval.Approvals`. `told` hears which trees have new events."""

    def __init__(self, database: Database, told: Told = nobody) -> None:
        self._database, self._told = database, told

    async def ask(self, question: Question) -> Answer:
        """See the port."""
        step = (question.run, question.path, question.attempt)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_STANDS, *step)
            if row is not None and row[0] is None:
                new = (secrets.token_hex(8), *step, question.hash, question.expires)
                root = await connection.fetchval(_ASK, *new)
            elif row is not None and row[0] == "pending" and row[5]:
                root = await connection.fetchval(_EXPIRE, *step)
            else:
                return _answer(row)
            answer = _answer(await connection.fetchrow(_STANDS, *step))
        if root is not None:
            self._told((root,))
        return answer

    async def decide(self, approval: str, decision: Decision) -> str | None:
        """The run whose question it was, when the decision counts. None when it does not: it was
        decided before, is about something else, came too late, or the run has ended.
        """
        status = "approved" if decision.approved else "rejected"
        said = (decision.hash, decision.by, decision.reason, decision.only)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_DECIDE, approval, status, *said)
        if row is None:
            return None
        self._told((row[1],))
        return str(row[0])

    async def delegate(self, approval: str, moves: int, move: Move, said: Delegation) -> bool:
        """Ask another, where it was moved so often before; whether that counts. It does not when
        somebody else moved or decided it, its time is over, or the run has ended.
        """
        told = (said.by, move.to, move.back, said.because)
        async with self._database.connection() as connection:
            values = (approval, moves, list(move.line), *told)
            root = await connection.fetchval(_DELEGATE, *values)
        if root is not None:
            self._told((root,))
        return root is not None


def _answer(row: Any) -> Answer:
    """Without a row, who asks has lost the run: it waits until it finds out."""
    if row is None or row[0] is None:
        return Answer()
    return Answer(*row[:5])
