"""Whether a Redis that follows another one is in step."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import redis_info
from vrooli.core.result import Result, critical, not_applicable
from vrooli.stack.model import Thresholds


async def _run(look: Look) -> Result:
    facts = await redis_info(look, "replication")
    replicas = int(facts.get("connected_slaves", 0))
    if facts.get("role") == "master":
        if not replicas:
            return not_applicable("it has no replicas and is none")
        lags = [_lag(value) for key, value in facts.items() if key.startswith("slave")]
        worst = max(lags, default=0.0)
        return judge(worst, "s", look.limits, f"{replicas} replicas, {worst:.0f} s behind")
    if facts.get("master_link_status") != "up":
        return critical("the link to its master is down")
    seconds = float(facts.get("master_last_io_seconds_ago", 0))
    return judge(seconds, "s", look.limits, f"heard of its master {seconds:.0f} s ago")


def _lag(value: str) -> float:
    """Of `ip=...,port=...,state=online,offset=...,lag=1`."""
    words = dict(part.split("=", 1) for part in value.split(",") if "=" in part)
    return float(words.get("lag", 0)) if words.get("state") == "online" else 1e6


CHECK = Check(
    id="redis-replication",
    title="Replication of Redis",
    why="A replica that is behind loses what was written when it takes over.",
    category="resource",
    interval=15.0,
    unit="s",
    thresholds=Thresholds(warning=15.0, critical=120.0),
    run=_run,
    of="redis",
)
