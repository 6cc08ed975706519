"""Memory of a Redis against its limit."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import redis_info
from vrooli.core.result import Result, ok
from vrooli.stack.model import Thresholds

_MIB = 2**20


async def _run(look: Look) -> Result:
    facts = await redis_info(look, "memory")
    used, most = int(facts.get("used_memory", 0)), int(facts.get("maxmemory", 0))
    if not most:
        return ok(f"{used / _MIB:.0f} MiB in use, without a limit", used_bytes=used)
    message = f"{used / _MIB:.0f} of {most / _MIB:.0f} MiB in use"
    policy = facts.get("maxmemory_policy", "")
    return judge(100.0 * used / most, "%", look.limits, f"{message} ({policy})", used_bytes=used)


CHECK = Check(
    id="redis-memory",
    title="Memory of Redis",
    why="At the limit it throws data away or refuses to take any.",
    category="resource",
    interval=30.0,
    unit="%",
    thresholds=Thresholds(warning=85.0, critical=97.0),
    run=_run,
    of="redis",
)
