"""Processes that have ended and that nobody has asked about."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    files = look.facts.files
    parents = procfs.zombie_parents(files)
    count = parents.total()
    worst = parents.most_common(1)
    message = f"{count} zombies"
    if worst:
        pid, number = worst[0]
        message += f", {number} of them of {procfs.state(files, pid)[2] or 'pid'} ({pid})"
    return judge(count, "processes", look.limits, message)


CHECK = Check(
    id="system-zombies",
    title="Zombies",
    why="A parent that does not ask how its children ended fills the table of processes.",
    category="system",
    interval=60.0,
    unit="processes",
    thresholds=Thresholds(warning=20.0, critical=200.0),
    run=_run,
    ladder=("reap-zombies",),
)
