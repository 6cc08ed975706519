"""The statement of a PostgreSQL that takes longest on average, as pg_stat_statements counts it."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import postgres_row
from vrooli.core.result import Result, not_applicable, ok
from vrooli.stack.model import Thresholds

_IS_THERE = "SELECT to_regclass('pg_stat_statements') IS NOT NULL"
_QUERY = """
SELECT mean_exec_time, calls, queryid FROM pg_stat_statements
WHERE calls >= 10 ORDER BY mean_exec_time DESC LIMIT 1
"""


async def _run(look: Look) -> Result:
    (there,) = await postgres_row(look, _IS_THERE)
    if there != "t":
        return not_applicable("pg_stat_statements is not set up there")
    row = await postgres_row(look, _QUERY)
    if not row:
        return ok("no statement ran ten times yet")
    mean, calls, query = float(row[0] or 0.0), row[1], row[2]
    message = f"the slowest statement takes {mean:.0f} ms on average ({calls} calls, id {query})"
    return judge(mean, "ms", look.limits, message, queryid=str(query))


CHECK = Check(
    id="postgres-slow-queries",
    title="Slow statements of PostgreSQL",
    why="One slow statement that is called often is most of the load.",
    category="resource",
    interval=300.0,
    unit="ms",
    thresholds=Thresholds(warning=1000.0, critical=30_000.0),
    run=_run,
    of="postgres",
)
