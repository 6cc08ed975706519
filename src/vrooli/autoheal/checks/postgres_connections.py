"""Connections in use of those that a PostgreSQL allows."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import postgres_row
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds

_QUERY = """
SELECT count(*) FILTER (WHERE backend_type = 'client backend'),
       current_setting('max_connections'),
       count(*) FILTER (WHERE state = 'idle in transaction')
FROM pg_stat_activity
"""


async def _run(look: Look) -> Result:
    used, most, idle = (int(value or 0) for value in await postgres_row(look, _QUERY))
    message = f"{used} of {most} connections in use, {idle} idle in a transaction"
    percent = 100.0 * used / max(1, most)
    return judge(percent, "%", look.limits, message, used=used, most=most, idle=idle)


CHECK = Check(
    id="postgres-connections",
    title="Connections of PostgreSQL",
    why="At the limit it refuses everybody, also whoever wants to find out why.",
    category="resource",
    interval=30.0,
    unit="%",
    thresholds=Thresholds(warning=80.0, critical=95.0),
    run=_run,
    of="postgres",
)
