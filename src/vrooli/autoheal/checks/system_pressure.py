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
        content = procfs.text(look.facts.files, f"/proc/pressure/{name}")
        if content is not None:
            stalls[name] = _avg60(content, line)
    if not stalls:
        return not_applicable("this kernel does not tell about pressure")
    # Waiting for a processor is what a busy machine does: a quarter of it counts.
    weighed = {name: value * (0.25 if name == "cpu" else 1.0) for name, value in stalls.items()}
    worst = max(weighed, key=weighed.__getitem__)
    told = ", ".join(f"{name} {value:g} %" for name, value in stalls.items())
    return judge(weighed[worst], "%", look.limits, f"stalled within a minute: {told}", **stalls)


def _avg60(content: str, wanted: str) -> float:
    for line in content.splitlines():
        kind, *pairs = line.split()
        values = dict(pair.split("=", 1) for pair in pairs)
        if kind == wanted:
            return float(values.get("avg60", 0.0))
    return 0.0


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
