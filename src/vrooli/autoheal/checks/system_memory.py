"""Memory that can still be given out."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    memory = look.facts.system.memory()
    used = 100.0 * (1 - memory.available / memory.total)
    message = f"{used:.1f} % used, {memory.available / 2**30:.1f} GiB available"
    return judge(used, "%", look.limits, message)


CHECK = Check(
    id="system-memory",
    title="Memory",
    why="When memory runs out, the kernel kills a process of its own choice.",
    category="system",
    interval=30.0,
    unit="%",
    thresholds=Thresholds(warning=85.0, critical=95.0),
    run=_run,
)
