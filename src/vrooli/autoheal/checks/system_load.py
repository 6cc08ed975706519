"""Load per processor, over one minute."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    per_cpu = look.facts.system.load()[0] / max(1, look.facts.cpus)
    message = f"{per_cpu:.2f} runnable or waiting per processor over a minute"
    return judge(per_cpu, "per cpu", look.limits, message)


CHECK = Check(
    id="system-load",
    title="Load",
    why="A host with much more work than processors answers late, and looks hung.",
    category="system",
    interval=30.0,
    unit="per cpu",
    thresholds=Thresholds(warning=4.0, critical=32.0),
    run=_run,
)
