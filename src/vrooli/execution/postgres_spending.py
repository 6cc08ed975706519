"""What runs spend, in PostgreSQL: set aside before and settled after, all the way up their tree."""

from dataclasses import dataclass
from typing import Any

from vrooli.core.amounts import dollars
from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.owner_budgets import OPEN_MONTH, purse
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed
from vrooli.flow.budget import MICROS, PAUSE, OverBudget, place_of
from vrooli.flow.monthly import ends, month_of, of_owner, place_in_month
from vrooli.flow.patience import patiently

# The run is locked so that it cannot end meanwhile and leave behind what is just being set aside;
# the ledgers in order, so that the branches of a tree do not wait for each other. The last of them
# is the month ($5) of whose run it is, where he has a limit. Whichever of them is short,
# the nearest that says what happens at a limit decides: see `_ON_LIMIT` in `runs/store.py`.
_RESERVE = f"""
WITH spender AS (
    SELECT r.id, r.ancestors || r.id || coalesce(
        (SELECT ARRAY[{purse("o.owner", "$5::text")}] FROM owner_limits o
         WHERE o.owner = r.created_by), '{{}}') AS way
    FROM runs r WHERE r.id = $1 AND r.status = 'running' FOR SHARE OF r
), known AS (
    SELECT status FROM budget_reservations WHERE run = $1 AND key = $2 AND status <> 'released'
), ledger AS (
    SELECT * FROM budgets WHERE run = ANY ((SELECT way FROM spender)::text[])
    ORDER BY run FOR NO KEY UPDATE
), short AS (
    SELECT l.run, l.owner, l.month, v.*, (
        SELECT n.on_limit FROM ledger n JOIN runs a ON a.id = n.run WHERE n.on_limit IS NOT NULL
        ORDER BY cardinality(a.ancestors) DESC LIMIT 1) AS on_limit
    FROM ledger l, LATERAL (VALUES
        ('tokens', l.tokens_limit, l.tokens_spent + l.tokens_reserved, $3::bigint),
        ('cost', l.micros_limit, l.micros_spent + l.micros_reserved, $4::bigint)
    ) AS v (kind, most, used, asked)
    WHERE v.most IS NOT NULL AND (v.asked IS NULL OR v.used + v.asked > v.most)
), noted AS (
    INSERT INTO budget_reservations AS q (run, key, tokens, micros, status, purse)
    SELECT id, $2, $3, coalesce($4, 0), 'open',
           (SELECT l.run FROM ledger l WHERE l.owner IS NOT NULL)
    FROM spender
    WHERE NOT EXISTS (SELECT FROM short) AND NOT EXISTS (SELECT FROM known)
        AND (SELECT count(*) FROM ledger) = cardinality(way)
    ON CONFLICT (run, key) DO UPDATE
    SET tokens = excluded.tokens, micros = excluded.micros, status = 'open',
        purse = excluded.purse
    WHERE q.status = 'released'
    RETURNING q.run
), taken AS (
    UPDATE budgets b SET tokens_reserved = b.tokens_reserved + $3,
        micros_reserved = b.micros_reserved + coalesce($4, 0)
    FROM ledger l, noted WHERE b.run = l.run
)
SELECT EXISTS (SELECT FROM known) OR EXISTS (SELECT FROM noted) AS done,
       (SELECT status FROM known) AS known, EXISTS (SELECT FROM spender) AS runs,
       (SELECT count(*) FROM ledger) = (SELECT cardinality(way) FROM spender) AS whole, s.*
FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT * FROM short LIMIT 1) s ON true
"""

_KNOWN = """
SELECT status FROM budget_reservations WHERE run = $1 AND key = $2 AND status <> 'released'
"""

_OPEN = """
INSERT INTO budgets (run) SELECT unnest(ancestors || id) FROM runs WHERE id = $1
ON CONFLICT DO NOTHING
"""

# What was released because its run had ended is spent all the same, if it was.
_SETTLE = """
WITH kept AS (
    SELECT q.*, r.ancestors || r.id || q.purse AS way
    FROM budget_reservations q JOIN runs r ON r.id = q.run
    WHERE q.run = $1 AND q.key = $2 AND q.status <> 'settled' FOR NO KEY UPDATE OF q
), closed AS (
    UPDATE budget_reservations q SET status = 'settled', real_tokens = $3,
        real_micros = coalesce($4, k.micros)
    FROM kept k WHERE q.run = k.run AND q.key = k.key
), ledger AS (
    SELECT b.run FROM budgets b WHERE b.run = ANY ((SELECT way FROM kept)::text[])
    ORDER BY b.run FOR NO KEY UPDATE
), spent AS (
    UPDATE budgets b SET tokens_spent = b.tokens_spent + $3,
        micros_spent = b.micros_spent + coalesce($4, k.micros),
        tokens_reserved = b.tokens_reserved - CASE k.status WHEN 'open' THEN k.tokens ELSE 0 END,
        micros_reserved = b.micros_reserved - CASE k.status WHEN 'open' THEN k.micros ELSE 0 END,
        unpriced = b.unpriced + CASE WHEN $4::bigint IS NULL THEN 1 ELSE 0 END
    FROM ledger l, kept k WHERE b.run = l.run
)
SELECT EXISTS (SELECT FROM budget_reservations WHERE run = $1 AND key = $2)
"""


# Of a step, as its requests name it: see `execution/llm/noted_model.py`. One that has completed and
# is done again by a retry of the run begins anew.
_SPENT = """
SELECT coalesce(sum(real_micros), 0)::bigint FROM budget_reservations
WHERE run = $1 AND status = 'settled' AND starts_with(key, $1 || ':' || $2 || '/')
    AND made_at > coalesce((
        SELECT max(ended_at) FROM steps WHERE run = $1 AND path = $2 AND status = 'completed'
    ), '-infinity')
"""

# By this row whoever looks knows which limit would do.
_REFUSED = "UPDATE budgets SET asked_tokens = $2, asked_micros = $3 WHERE run = $1"


@dataclass(frozen=True, slots=True)
class PostgresSpending:
    """Port `Spending`.

    Attributes:
        database: with the ledger.
        clock: time.
    """

    database: Database
    clock: Clock

    async def reserve(self, run: str, key: str, most: Amount) -> bool:
        """See the port. Where the limit says `pause`, it raises `OverBudget` instead."""
        return await patiently(self.clock, lambda: self._reserve(run, key, most))

    async def settle(self, run: str, key: str, real: Amount) -> None:
        """See the port."""
        await patiently(self.clock, lambda: self._settle(run, key, real))

    async def spent(self, run: str, step: str) -> int:
        """See the port."""
        return await patiently(self.clock, lambda: self._spent(run, step))

    async def _spent(self, run: str, step: str) -> int:
        async with self.database.connection() as connection:
            return int(await connection.fetchval(_SPENT, run, step))

    async def _reserve(self, run: str, key: str, most: Amount) -> bool:
        month = month_of(self.clock.wall())
        values = (run, key, most.tokens, most.micros, month)
        async with self.database.connection() as connection:
            said = await connection.fetchrow(_RESERVE, *values)
            if said["runs"] and not said["whole"]:
                await connection.execute(_OPEN, run)
                await connection.execute(OPEN_MONTH, run, month)
                said = await connection.fetchrow(_RESERVE, *values)
            # Asked twice at once, the one that waited may find no room for what it has already.
            known = said["known"] if said["done"] else await connection.fetchval(_KNOWN, run, key)
            if said["done"] or known:
                return bool(known != "settled")
            if said["runs"]:
                await connection.execute(_REFUSED, run, most.tokens, most.micros)
        if not said["runs"]:
            raise StepFailed("budget", "the run has ended", where=run)
        raise _refused(said, ends(month))

    async def _settle(self, run: str, key: str, real: Amount) -> None:
        async with self.database.connection() as connection:
            if not await connection.fetchval(_SETTLE, run, key, real.tokens, real.micros):
                raise VrooliError("nothing was set aside for it", where=f"{run}: {key}")


def _refused(said: Any, ends_at: float) -> VrooliError:
    # Where nobody knows the price, another limit does not help, nor does the next month.
    kind = "price" if said["asked"] is None else said["kind"]
    reason, place = _reason(said), (place_in_month if said["owner"] else place_of)(kind)
    if said["on_limit"] == PAUSE:
        until = ends_at if said["owner"] and said["asked"] is not None else None
        return OverBudget(reason, where=place, until=until)
    return StepFailed("budget", reason, where=place)


def _reason(said: Any) -> str:
    kind, most, used, asked = said["kind"], said["most"], said["used"], said["asked"]
    whose = of_owner(said["owner"], said["month"]) if said["owner"] else ""
    if asked is None:
        limit = f"the {whose} limits cost" if whose else "there is a limit on cost"
        return f"{limit}, and nobody knows the price of what is asked for"
    if kind == "cost":
        most, used, asked = (dollars(one / MICROS) for one in (most, used, asked))
    else:
        most = f"{most} tokens"
    budget = f"the {whose}, {most}," if whose else f"the budget of {most}"
    return f"{budget} has {used} spent or set aside: {asked} more is too much"
