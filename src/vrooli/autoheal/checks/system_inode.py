"""Inodes of the file system that holds the home folder."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    disk = look.facts.system.disk(look.facts.home)
    if not disk.inodes_total:
        return not_applicable("this file system has no fixed number of inodes")
    used = 100.0 * (1 - disk.inodes_available / disk.inodes_total)
    message = f"{used:.1f} % used, {disk.inodes_available} left"
    return judge(used, "%", look.limits, message)


CHECK = Check(
    id="system-inode",
    title="Inodes",
    why="Without inodes no file can be made, although there is space left.",
    category="system",
    interval=10.0,
    unit="%",
    thresholds=Thresholds(warning=85.0, critical=95.0),
    run=_run,
)
