"""How busy the busiest disk is."""

from typing import Any

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.ports.files import Files
from vrooli.core.result import Result, not_applicable, ok
from vrooli.stack.model import Thresholds

_BUSY_MS = 12
"""Column of /proc/diskstats: milliseconds spent doing I/O (Documentation/admin-guide/iostats)."""


def _run(look: Look) -> Result:
    now = look.facts.tools.clock.monotonic()
    busy = _busy(look.facts.files)
    if not busy:
        return not_applicable("this machine has no disks of its own")
    before = look.before.details if look.before else {}
    facts: dict[str, Any] = {"busy": busy, "at": now}
    if "at" not in before or now <= before["at"]:
        return ok("measured from the next look on", **facts)
    elapsed = 1000 * (now - before["at"])
    shares = {
        name: min(100.0, 100.0 * max(0, spent - before["busy"].get(name, spent)) / elapsed)
        for name, spent in busy.items()
    }
    worst = max(shares, key=shares.__getitem__)
    message = f"{worst} was busy for {shares[worst]:.0f} % of the time"
    return judge(shares[worst], "%", look.limits, message, **facts)


def _busy(files: Files) -> dict[str, int]:
    """Milliseconds by whole disk: parts, loop devices and memory disks are left out."""
    found = {}
    for line in (procfs.text(files, "/proc/diskstats") or "").splitlines():
        words = line.split()
        name = words[2] if len(words) > _BUSY_MS else ""
        whole = name and files.facts(f"/sys/block/{name}") is not None
        if whole and not name.startswith(("loop", "ram", "zram", "sr")):
            found[name] = int(words[_BUSY_MS])
    return found


CHECK = Check(
    id="system-disk-io",
    title="Disk activity",
    why="A disk that is always busy makes every commit wait.",
    category="system",
    interval=30.0,
    unit="%",
    thresholds=Thresholds(warning=95.0, critical=100.0),
    run=_run,
)
