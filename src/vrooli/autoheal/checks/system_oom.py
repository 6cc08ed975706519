"""Processes that the kernel killed for want of memory."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look
from vrooli.core.result import Result, critical, not_applicable, ok

REMEMBERED = 3600.0
"""Seconds for which a kill is told."""


def _run(look: Look) -> Result:
    now = look.facts.tools.clock.wall()
    kills = procfs.fields(look.facts.files, "/proc/vmstat").get("oom_kill")
    if kills is None:
        return not_applicable("this kernel does not count them")
    before = look.before.details if look.before else {}
    seen = int(before.get("kills", kills))
    since = int(before.get("fresh", 0)) + max(0, kills - seen)
    at = now if kills > seen else float(before.get("at", 0.0))
    if since and now - at < REMEMBERED:
        message = f"{since} killed for want of memory within the hour"
        return critical(message, since, "processes", kills=kills, fresh=since, at=at)
    return ok(f"none within the hour, {kills} since boot", 0, "processes", kills=kills, fresh=0)


CHECK = Check(
    id="system-oom",
    title="Killed for want of memory",
    why="The kernel chose a victim; what it was doing is lost, and it will choose again.",
    category="system",
    interval=15.0,
    unit="processes",
    thresholds=None,
    run=_run,
)
