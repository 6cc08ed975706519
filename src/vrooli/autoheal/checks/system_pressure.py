"""How much of the time work stands still for want of memory, disk or processor (PSI)."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds

_SOURCES = (("memory", "full"), ("io", "full"), ("cpu", "some"))
"""Of the processor "full" says nothing for a whole machine (Documentation/accounting/psi.rst)."""


def _run(look: Look) -> Result:
    stalls = {}
    for name, line in _SOURCES:
        stalled = procfs.pressure(look.facts.files, name, line, "avg60")
        if stalled is not None:
            stalls[name] = stalled
    if not stalls:
        return not_applicable("this kernel does not tell about pressure")
    # Waiting for a processor is what a busy machine does: a quarter of it counts.
    weighed = {name: value * (0.25 if name == "cpu" else 1.0) for name, value in stalls.items()}
    worst = max(weighed, key=weighed.__getitem__)
    told = ", ".join(f"{name} {value:g} %" for name, value in stalls.items())
    return judge(weighed[worst], "%", look.limits, f"stalled within a minute: {told}", **stalls)


CHECK = Check(
    id="system-pressure",
    title="Pressure",
    why="It tells early that a machine does not keep up, and for want of what.",
    category="system",
    interval=30.0,
    unit="%",
    thresholds=Thresholds(warning=25.0, critical=60.0),
    run=_run,
)
