"""Looks for the limit that keeps a run from going on."""

from typing import Any

from vrooli.execution.runs.facts import Over
from vrooli.flow.budget import MICROS, enough
from vrooli.flow.monthly import enough_in_month, kind_in_month

_UNITS = {"cost": MICROS, "tokens": 1}
"""Of the ledger in one of what people write."""

# Of the run and those that it is a part of the limit of that kind that leaves least. Time while it
# had ended is none of its own: by so much its deadline comes later (`flow.budget.idle`).
_LIMIT = """
SELECT b.run AS key, b.run AS whose, v.kind, v.most, greatest(v.used, 0) AS used, 0 AS asked
FROM runs one JOIN runs r ON r.id = ANY (one.ancestors || one.id) JOIN budgets b ON b.run = r.id
JOIN run_trees t ON t.root = r.root
CROSS JOIN LATERAL (VALUES
    ('tokens', b.tokens_limit::float8, (b.tokens_spent + b.tokens_reserved)::float8),
    ('cost', b.micros_limit::float8, (b.micros_spent + b.micros_reserved)::float8),
    ('steps', b.steps_limit::float8,
     CASE WHEN r.id = r.root THEN t.steps ELSE b.steps_spent END::float8),
    ('time', b.seconds_limit,
     extract(epoch FROM coalesce(r.ended_at, now()) - r.created_at)::float8
         - greatest(0, extract(epoch FROM r.deadline - r.created_at)::float8 - b.seconds_limit))
) AS v (kind, most, used)
WHERE one.id = $1 AND v.kind = $2 AND v.most IS NOT NULL
ORDER BY v.most - v.used, cardinality(r.ancestors) DESC LIMIT 1
"""

_MONTHLY = """
SELECT b.run AS key, b.owner AS whose, $2::text AS kind
FROM runs r JOIN budgets b ON b.owner = r.created_by
WHERE r.id = $1 ORDER BY b.month DESC LIMIT 1
"""

# Of one ledger the limits, in tokens and millionths of a US dollar, that leave no room for what was
# refused to the run or below it last; where that is not known, that of the kind at which it was.
_SHORT = """
WITH refused AS (
    SELECT b.asked_tokens, b.asked_micros FROM runs r JOIN budgets b ON b.of_run = r.id
    WHERE (r.id = $1 OR $1 = ANY (r.ancestors)) AND r.root = (SELECT root FROM runs WHERE id = $1)
        AND (b.asked_tokens IS NOT NULL OR b.asked_micros IS NOT NULL)
        AND (r.id = $1 OR r.ended_at IS NULL)  -- what is over asks for no more
), asked AS (
    SELECT coalesce(max(asked_tokens), 0) AS tokens, coalesce(max(asked_micros), 0) AS micros
    FROM refused
)
SELECT v.kind, v.most, greatest(v.used, 0) AS used, v.asked
FROM budgets b, asked a, LATERAL (VALUES
    ('cost', b.micros_limit, b.micros_spent + b.micros_reserved, a.micros),
    ('tokens', b.tokens_limit, b.tokens_spent + b.tokens_reserved, a.tokens)
) AS v (kind, most, used, asked)
WHERE b.run = $2 AND v.most IS NOT NULL
    AND (v.used + v.asked > v.most OR (v.kind = $3 AND v.asked = 0))
ORDER BY v.kind
"""


async def over_limit(connection: Any, run: str, kind: str) -> Over:
    """The limit of that kind which keeps it from going on."""
    monthly = kind_in_month(kind)
    query, kind = (_MONTHLY, monthly) if monthly else (_LIMIT, kind)
    found = await connection.fetchrow(query, run, kind)
    if found is None:
        return Over(run, (), bool(monthly))
    short = [found]
    if kind in _UNITS:
        short = await connection.fetch(_SHORT, run, found["key"], kind)
    more = enough_in_month if monthly else enough
    limits = (
        (one["kind"], more(one["used"], one["most"], one["asked"]) / _UNITS.get(one["kind"], 1))
        for one in short
    )
    return Over(found["whose"], tuple(limits), bool(monthly))
