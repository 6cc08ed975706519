"""Connections in use of those that a Redis allows."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import redis_info
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds

_USUAL = 10_000
"""The default of `maxclients`, which servers before 5.0.2 do not tell."""


async def _run(look: Look) -> Result:
    facts = await redis_info(look, "clients")
    used, most = int(facts.get("connected_clients", 0)), int(facts.get("maxclients", _USUAL))
    blocked = facts.get("blocked_clients", "0")
    message = f"{used} of {most} connections in use, {blocked} wait"
    return judge(100.0 * used / max(1, most), "%", look.limits, message)


CHECK = Check(
    id="redis-clients",
    title="Connections of Redis",
    why="At the limit it refuses everybody.",
    category="resource",
    interval=30.0,
    unit="%",
    thresholds=Thresholds(warning=80.0, critical=95.0),
    run=_run,
    of="redis",
)
