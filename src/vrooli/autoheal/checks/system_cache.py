"""Caches that nobody has used for long."""

from vrooli.autoheal.caches import Caches, stale
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds

_MIB = 2**20
_NAMED = 3


def _run(look: Look) -> Result:
    found = stale(look.facts.files, look.options, look.facts.tools.clock.wall())
    mib = sum(item.size for item in found) / _MIB
    named = ", ".join(item.path for item in found[:_NAMED])
    message = f"{mib:.1f} MiB untouched for {look.options.days} days" + (
        f": {named}" if named else ""
    )
    return judge(mib, "MiB", look.limits, message, entries=len(found))


CHECK = Check(
    id="system-cache",
    title="Stale caches",
    why="What nobody uses any more fills the disk as well as what somebody needs.",
    category="system",
    interval=3600.0,
    unit="MiB",
    thresholds=Thresholds(warning=5000.0, critical=20_000.0),
    run=_run,
    timeout=120.0,
    options=Caches,
    ladder=("clean-cache",),
)
