"""Space on the disk that holds the home folder."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, critical
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    disk = look.facts.system.disk(look.facts.home)
    if disk.read_only:
        return critical(f"the file system of {look.facts.home} is read-only")
    free = disk.available / 2**30
    message = f"{disk.used_percent:.1f} % used, {free:.1f} GiB free"
    return judge(disk.used_percent, "%", look.limits, message)


CHECK = Check(
    id="system-disk",
    title="Disk space",
    why="A full disk stops PostgreSQL, loses logs and makes every restart fail.",
    category="system",
    interval=10.0,
    unit="%",
    thresholds=Thresholds(warning=85.0, critical=95.0),
    run=_run,
    ladder=("vacuum-journal", "clean-apt", "rotate-logs", "prune-images"),
)
