"""Approvals as clients see them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import UnknownName
from vrooli.core.ports.database import Database
from vrooli.execution.approvals.costing import cost
from vrooli.execution.approvals.diffs import diff_of
from vrooli.flow.budget import Limits

# What was asked stands in the journal, once. A question of a run that has ended has no answer.
_APPROVAL = """
SELECT a.id, a.run, r.routine, a.path, a.attempt, a.hash,
       CASE WHEN a.status = 'pending' AND r.ended_at IS NOT NULL THEN 'void' ELSE a.status END,
       s.arguments->>'message', (s.arguments->'what')::text,
       extract(epoch FROM a.asked_at)::float8, extract(epoch FROM a.expires_at)::float8,
       extract(epoch FROM a.decided_at)::float8, a.decided_by, a.reason,
       r.created_by, (s.arguments->'shows')::text, a.delegates, a.moves,
       (SELECT w.run FROM swarms w WHERE w.run = ANY (r.ancestors)
        ORDER BY array_position(r.ancestors, w.run) DESC LIMIT 1)
FROM approvals a JOIN runs r ON r.id = a.run
JOIN steps s ON s.run = a.run AND s.path = a.path AND s.attempt = a.attempt
"""

# Of each run that asks: what budgets leave it, its own and those above; and what the routine cost
# before. Only the last runs of the same owner are looked at, so that this stays fast and tells
# nobody what others spend.
_COSTS = """
SELECT leaves.*, before.runs, before.median
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (run, routine, i)
JOIN runs r ON r.id = asked.run
CROSS JOIN LATERAL (
    SELECT min(b.micros_limit - b.micros_spent - b.micros_reserved),
           min(b.tokens_limit - b.tokens_spent - b.tokens_reserved),
           min(b.steps_limit - CASE WHEN b.run = r.root THEN t.steps ELSE b.steps_spent END),
           min(b.seconds_limit)
    FROM budgets b JOIN run_trees t ON t.root = r.root WHERE b.run = ANY (r.ancestors || r.id)
) leaves
CROSS JOIN LATERAL (
    SELECT count(*) AS runs,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY coalesce(b.micros_spent, 0)) AS median
    FROM (SELECT id, routine, status FROM runs o WHERE o.created_by = r.created_by
          ORDER BY o.created_at DESC, o.id DESC LIMIT 1000) o
    LEFT JOIN budgets b ON b.run = o.id
    WHERE o.routine = asked.routine AND o.status = 'completed'
) before
ORDER BY asked.i
"""

ASKING = "swarm-approval"
"""Routine by which swarms ask; what they ask about names the one that is begun."""

# What is handed on is there for whoever it was handed on to, as for the owner of its run; it waits
# for the last of them.
_THERE = "({only} = '' OR r.created_by = {only} OR {only} = ANY (a.delegates))"
_ASKED = "coalesce(a.delegates[cardinality(a.delegates)] = {me}, true)"

_OPEN = f"""
SELECT count(*) FILTER (WHERE asked), (array_agg(id ORDER BY n DESC))[1],
       coalesce(sum(moves), 0)
FROM (
    SELECT a.id, a.n, a.moves, {_ASKED.format(me="$2")} AS asked
    FROM approvals a JOIN runs r ON r.id = a.run
    WHERE a.status = 'pending' AND r.ended_at IS NULL AND {_THERE.format(only="$1")}
    ORDER BY a.n DESC LIMIT 1000
) o
"""

_DELEGATIONS = """
SELECT d.approval, d."by", d."to", d.back, d.because, extract(epoch FROM d.at)::float8
FROM unnest($1::text[], $2::integer[]) AS seen (approval, moves)
JOIN approval_delegations d ON d.approval = seen.approval AND d.n <= seen.moves
ORDER BY d.approval, d.n
"""

_OVER = {"pending": "r.ended_at IS NULL", "void": "r.ended_at IS NOT NULL"}

_MOVE = ("by", "to", "back", "because", "at")


@dataclass(frozen=True, slots=True)
class ApprovalFilter:
    """Which approvals to list, newest first.

    Attributes:
        status: one of them; empty means any.
        run: likewise.
        swarm: likewise: those of all that it started.
        before: id of the last one of the page before.
        limit: approvals of a page.
        created_by: only those that are there for one person: of its own runs, and those that were
            handed on to it; empty means any.
        asked: `me`, only those that wait for `me`, or `others`; empty means any.
        me: who looks.
    """

    status: str = ""
    run: str = ""
    before: str = ""
    limit: int = 50
    created_by: str = ""
    swarm: str = ""
    asked: str = ""
    me: str = ""


class ApprovalViews:
    """Reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, approval: str) -> dict[str, Any]:
        """One; `UnknownName` when there is none of that id."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_APPROVAL} WHERE a.id = $1", approval)
            if row is None:
                raise unknown_approval(approval)
            return (await self._told(connection, [row]))[0]

    async def open(self, created_by: str, me: str) -> dict[str, Any]:
        """`{count, newest, moves}`: how many wait for `me`, and of all that wait the newest, and
        how often they were handed on and taken back, as far as they are there for one person; empty
        means any. It is another one whenever others wait, or wait for others.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_OPEN, created_by, me)
        return {"count": row[0], "newest": row[1], "moves": row[2]}

    async def page(self, query: ApprovalFilter) -> list[dict[str, Any]]:
        """At most `query.limit` of them."""
        where, values = ["true"], list[Any]()
        if query.run:
            values.append(query.run)
            where.append(f"a.run = ${len(values)}")
        if query.swarm:
            values.append(query.swarm)
            where.append(f"${len(values)} = ANY (r.ancestors)")
        if query.created_by:
            values.append(query.created_by)
            where.append(_THERE.format(only=f"${len(values)}"))
        if query.asked:
            values.append(query.me)
            asked = _ASKED.format(me=f"${len(values)}")
            where.append(asked if query.asked == "me" else f"NOT {asked}")
        if query.before:
            values.append(query.before)
            where.append(f"a.n < (SELECT n FROM approvals WHERE id = ${len(values)})")
        if query.status:
            values.append("pending" if query.status == "void" else query.status)
            where.append(f"a.status = ${len(values)}")
        if query.status in _OVER:
            where.append(_OVER[query.status])
        values.append(query.limit)
        order = f"ORDER BY a.n DESC LIMIT ${len(values)}"
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                f"{_APPROVAL} WHERE {' AND '.join(where)} {order}", *values
            )
            return await self._told(connection, rows)

    async def _told(self, connection: Any, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """As clients see them: with who handed them on, and what those that wait cost."""
        found = [_approval(row) for row in rows]
        if moves := {row[0]: row[17] for row in rows if row[17]}:
            told = {one["id"]: one["delegations"] for one in found}
            for row in await connection.fetch(_DELEGATIONS, list(moves), list(moves.values())):
                told[row[0]].append(dict(zip(_MOVE, row[1:], strict=True)))
        waiting = [one for one in found if one["status"] == "pending"]
        if waiting:
            keys = [one["run"] for one in waiting], [_does(one) for one in waiting]
            costs = await connection.fetch(_COSTS, *keys)
            for one, (*left, runs, median) in zip(waiting, costs, strict=True):
                one["cost"] = cost(one["what"], Limits(*left), runs, median)
        return found


def unknown_approval(approval: str) -> UnknownName:
    """There is none of that id."""
    advice = "`vrooli approval list --status all` shows them"
    return UnknownName(f"there is no approval `{approval}`", approval, next_step=advice)


def _approval(row: Any) -> dict[str, Any]:
    owner, line, decided_by = row[14], list(row[16]), row[12]
    return {
        "id": row[0],
        "run": row[1],
        "routine": row[2],
        "swarm": row[18],
        "path": row[3],
        "attempt": row[4],
        "hash": row[5],
        "status": row[6],
        "message": row[7],
        "what": json.loads(row[8]),
        "asked_at": row[9],
        "expires_at": row[10],
        "decided_at": row[11],
        "decided_by": decided_by,
        "decided_for": owner if decided_by != owner and decided_by in line else None,
        "reason": row[13],
        "created_by": owner,
        "asked_of": line[-1] if line else owner,
        "delegates": line,
        "delegations": [],
        "cost": None,
        "diff": diff_of(json.loads(row[15])) if row[15] else "",
    }


def _does(one: dict[str, Any]) -> str:
    """Name of the routine that is begun, or goes on, when it is approved."""
    what = one["what"] if one["routine"] == ASKING else {}
    return str(what.get("routine", "")) if one["routine"] == ASKING else str(one["routine"])
