"""Open files of the whole machine."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    found = procfs.numbers(look.facts.files, "/proc/sys/fs/file-nr")
    if len(found) < 3 or not found[2]:
        return not_applicable("the kernel does not tell")
    used, _, most = found[:3]
    percent = 100.0 * used / most
    return judge(percent, "%", look.limits, f"{used} of {most} file handles in use")


CHECK = Check(
    id="system-fds",
    title="Open files",
    why="At the limit nothing can open a file or a connection any more.",
    category="system",
    interval=60.0,
    unit="%",
    thresholds=Thresholds(warning=70.0, critical=90.0),
    run=_run,
)
