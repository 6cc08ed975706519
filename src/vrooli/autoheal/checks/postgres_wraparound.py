"""How near the oldest transaction of a PostgreSQL is to the end of its numbers."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import postgres_row
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds

_NUMBERS = 2**31
_QUERY = "SELECT datname, age(datfrozenxid) FROM pg_database ORDER BY 2 DESC LIMIT 1"


async def _run(look: Look) -> Result:
    name, age = await postgres_row(look, _QUERY)
    percent = 100.0 * int(age or 0) / _NUMBERS
    message = f"the oldest transaction of {name} is {int(age or 0):,} old".replace(",", " ")
    return judge(percent, "%", look.limits, message)


CHECK = Check(
    id="postgres-wraparound",
    title="Transaction numbers of PostgreSQL",
    why="Shortly before they run out it refuses every write until it is vacuumed.",
    category="resource",
    interval=300.0,
    unit="%",
    thresholds=Thresholds(warning=40.0, critical=75.0),
    run=_run,
    of="postgres",
)
