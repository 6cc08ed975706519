"""The statement of a PostgreSQL that has run for longest."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import postgres_row
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds

_QUERY = """
SELECT coalesce(max(extract(epoch FROM now() - query_start)), 0),
       count(*) FILTER (WHERE now() - query_start > interval '5 minutes'),
       (array_agg(pid ORDER BY query_start))[1],
       (array_agg(usename ORDER BY query_start))[1]
FROM pg_stat_activity
WHERE state <> 'idle' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


async def _run(look: Look) -> Result:
    longest, many, pid, user = await postgres_row(look, _QUERY)
    seconds = float(longest or 0.0)
    message = f"{many} statements run for over 5 minutes"
    if pid:
        message += f"; the longest, {seconds:.0f} s, is that of {user} (backend {pid})"
    return judge(seconds, "s", look.limits, message, backend=int(pid or 0))


CHECK = Check(
    id="postgres-long-queries",
    title="Long statements of PostgreSQL",
    why="They hold locks, keep rows from being vacuumed, and make others wait.",
    category="resource",
    interval=30.0,
    unit="s",
    thresholds=Thresholds(warning=300.0, critical=3600.0),
    run=_run,
    of="postgres",
)
