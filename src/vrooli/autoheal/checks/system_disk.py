"""Space on the file systems that the stack writes to, and on the one of `/`."""

from collections.abc import Iterator

from vrooli.autoheal.check import Check, Facts, Look, judge
from vrooli.autoheal.kept_told import kept_told
from vrooli.core.errors import StorageError
from vrooli.core.ports.system import DiskFacts
from vrooli.core.result import Result, critical
from vrooli.stack.model import Thresholds

LIMITS = Thresholds(warning=85.0, critical=95.0)
"""Per cent that are used."""

MOST = 32
"""Folders that are looked at; services with one more each may share a file system anyway."""


def _run(look: Look) -> Result:
    home = look.facts.system.disk(look.facts.home)
    if home.read_only:
        return critical(f"the file system of {look.facts.home} is read-only")
    found = {_name(look.facts.home, home): home, **dict(_others(look.facts, home))}
    name, disk = max(found.items(), key=lambda item: item[1].used_percent)
    free = disk.available / 2**30
    message = f"{name}: {disk.used_percent:.1f} % used, {free:.1f} GiB free"
    if len(found) > 1:
        message += f", the fullest of {len(found)} file systems"
    if disk.used_percent >= (look.limits or LIMITS).warning:
        message += kept_told(look.facts, disk)
    used = {name: round(disk.used_percent, 1) for name, disk in found.items()}
    return judge(disk.used_percent, "%", look.limits, message, used=used)


def _others(facts: Facts, home: DiskFacts) -> Iterator[tuple[str, DiskFacts]]:
    """Besides that of the home. What is not there holds nothing, and what is read-only is full by
    design, as an image of a program is.
    """
    for folder in _folders(facts):
        try:
            disk = facts.system.disk(folder)
        except StorageError:
            continue
        if not disk.read_only and disk != home:
            yield _name(folder, disk), disk


def _folders(facts: Facts) -> list[str]:
    place = facts.tools.place.home
    ours = [one for one in facts.stack.services.values() if one.managed]
    data = [str(place.data(one.name)) for one in ours]
    work = [one.cwd for one in ours if one.cwd]
    return [*dict.fromkeys(["/", str(place.logs), str(place.pgsql), *work, *data])][:MOST]


def _name(folder: str, disk: DiskFacts) -> str:
    return disk.mount or folder


CHECK = Check(
    id="system-disk",
    title="Disk space",
    why="A full disk stops PostgreSQL, loses logs and makes every restart fail. Looked at are the "
    "file systems of the home, of the data, log and working folders (`cwd`) of the stack's "
    "services, and of `/`; the fullest counts, by the share that `df` says. No other one is.",
    category="system",
    interval=10.0,
    unit="%",
    thresholds=LIMITS,
    run=_run,
    ladder=("vacuum-journal", "clean-apt", "rotate-logs", "prune-images"),
)
