"""Swap in use."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    facts = procfs.fields(look.facts.files, "/proc/meminfo")
    total = facts.get("SwapTotal", 0)
    if not total:
        return not_applicable("this machine has no swap")
    used = total - facts.get("SwapFree", 0)
    message = f"{used / 2**20:.1f} of {total / 2**20:.1f} GiB in use"
    return judge(100.0 * used / total, "%", look.limits, message)


CHECK = Check(
    id="system-swap",
    title="Swap",
    why="A machine that lives on swap is slow, and the next step is the OOM killer.",
    category="system",
    interval=60.0,
    unit="%",
    thresholds=Thresholds(warning=60.0, critical=90.0),
    run=_run,
)
