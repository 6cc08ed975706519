"""Where restore points lie: whether there is room, on another disk than that of the data, and
whether somebody could open them when this machine is gone.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from vrooli.autoheal.backups import Finding, ledger_of, while_declared, worst_of
from vrooli.autoheal.check import Check, Look
from vrooli.core.errors import StorageError
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.model import Thresholds

_FILE = "file://"


def _run(look: Look) -> Result:
    folders, ledger = _folders(look), ledger_of(look)
    findings = [
        finding
        for name, folder in folders.items()
        for finding in _of_folder(look, name, folder, ledger)
    ]
    findings += [*_apart(look, folders), *_key(look)]
    where = ", ".join(folders.values()) or "all of them are elsewhere"
    fullest = max((_used(look, folder) for folder in folders.values()), default=None)
    return worst_of(findings, f"there is room: {where}", fullest, "%" if folders else "")


def _folders(look: Look) -> Mapping[str, str]:
    """Of this machine, by name; a bucket is none."""
    stores = look.facts.stack.backup.stores
    if not stores:
        return {"here": str(look.facts.tools.place.home.root / "backups")}
    urls = {name: store.url for name, store in stores.items()}
    return {name: url[len(_FILE) :] for name, url in urls.items() if url.startswith(_FILE)}


def _of_folder(look: Look, name: str, folder: str, ledger: BackupLedger) -> Iterator[Finding]:
    if look.facts.files.facts(folder) is None:
        if any(name in point.stores for point in ledger.points):
            yield Status.CRITICAL, f"{folder} is gone: is its disk mounted?"
        return
    disk, limits = look.facts.system.disk(folder), look.limits or _LIMITS
    if disk.read_only:
        yield Status.CRITICAL, f"{folder} is read-only"
    used = f"{folder}: {disk.used_percent:.1f} % of its disk is used"
    if disk.used_percent >= limits.critical:
        yield Status.CRITICAL, f"{used}, critical from {limits.critical:g} %"
    elif disk.used_percent >= limits.warning:
        yield Status.WARNING, f"{used}, warning from {limits.warning:g} %"
    largest = max((point.stored for point in ledger.points[-20:]), default=0)
    if disk.available < largest:
        yield Status.CRITICAL, f"{folder} has no room for another point like those before"


def _apart(look: Look, folders: Mapping[str, str]) -> Iterator[Finding]:
    """A store that is no folder of this machine, or lies on another file system, is enough."""
    if len(folders) < len(look.facts.stack.backup.stores):
        return
    home = look.facts.tools.place.home.root
    data = look.facts.files.facts(str(home / "data")) or look.facts.files.facts(str(home))
    there = [look.facts.files.facts(_existing(look, folder)) for folder in folders.values()]
    if data is not None and all(one is not None and one.device == data.device for one in there):
        text = "restore points lie on the disk of the data itself, and are lost together with it"
        yield Status.WARNING, f"{text}: declare a [backup.stores.NAME] elsewhere"


def _existing(look: Look, folder: str) -> str:
    """The folder, or the nearest one above it that is there."""
    path = PurePosixPath(folder)
    for one in (path, *path.parents):
        if look.facts.files.facts(str(one)) is not None:
            return str(one)
    return "/"


def _key(look: Look) -> Iterator[Finding]:
    note = look.facts.tools.place.home.backup_key_note
    if look.facts.files.facts(str(note)) is None:
        text = "the key that opens them lies on this machine alone"
        yield (
            Status.WARNING,
            f"{text}: `vrooli backup key export --out FILE`, and keep it elsewhere",
        )


def _used(look: Look, folder: str) -> float:
    try:
        return round(look.facts.system.disk(_existing(look, folder)).used_percent, 1)
    except StorageError:
        return 0.0


_LIMITS = Thresholds(warning=85.0, critical=95.0)

CHECK = Check(
    id="backup-store",
    title="Place of backups",
    why="Restore points that no longer fit are not taken, and those on the disk of the data, or "
    "whose key is on this machine alone, are lost together with it.",
    category="own",
    interval=300.0,
    unit="%",
    thresholds=_LIMITS,
    run=_run,
    only=while_declared,
)
