"""Where restore points lie, and who could open them, for the check of that."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from vrooli.autoheal.backup_judging.record import Finding
from vrooli.autoheal.check import Look
from vrooli.core.errors import StorageError
from vrooli.core.status import Status
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.backup_settings import StoreSettings
from vrooli.stack.model import Thresholds

LIMITS = Thresholds(warning=85.0, critical=95.0)
"""Per cent of a disk that are used."""

_FILE = "file://"


def folders(look: Look) -> Mapping[str, str]:
    """Of this machine, by name; a bucket is none."""
    stores = _stores(look)
    if not stores:
        return {"here": str(look.facts.tools.place.home.root / "backups")}
    urls = {name: store.url for name, store in stores.items()}
    return {name: url[len(_FILE) :] for name, url in urls.items() if url.startswith(_FILE)}


def of_folder(look: Look, name: str, folder: str, ledger: BackupLedger) -> Iterator[Finding]:
    """What is wrong with the store `name`, which is a folder."""
    try:
        there = look.facts.files.facts(folder)
    except StorageError as error:
        advice = "where its mount is dead, unmount it (`umount -l`) and mount it again"
        yield Status.CRITICAL, f"{folder} {error.what}: {advice}"
        return
    if there is None:
        if any(name in point.stores for point in ledger.points):
            yield Status.CRITICAL, f"{folder} is gone: is its disk mounted?"
        return
    disk, limits = look.facts.system.disk(folder), look.limits or LIMITS
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


def apart(look: Look, found: Mapping[str, str]) -> Iterator[Finding]:
    """A store that is no folder of this machine, or lies on another file system, is enough."""
    if len(found) < len(_stores(look)):
        return
    home = look.facts.tools.place.home.root
    data = look.facts.files.facts(str(home / "data")) or look.facts.files.facts(str(home))
    there = [_device(look, folder) for folder in found.values()]
    if data is not None and all(device == data.device for device in there):
        text = "restore points lie on the disk of the data itself, and are lost together with it"
        yield Status.WARNING, f"{text}: declare a [backup.stores.NAME] elsewhere"


def _device(look: Look, folder: str) -> int | None:
    """Of its file system; None where nobody can tell: that of the data could be told."""
    try:
        facts = look.facts.files.facts(_existing(look, folder))
    except StorageError:
        return None
    return None if facts is None else facts.device


def _stores(look: Look) -> Mapping[str, StoreSettings]:
    """Those that hold databases."""
    stores = look.facts.stack.backup.stores
    return {name: store for name, store in stores.items() if not store.is_restic}


def _existing(look: Look, folder: str) -> str:
    """The folder, or the nearest one above it that is there."""
    path = PurePosixPath(folder)
    for one in (path, *path.parents):
        if look.facts.files.facts(str(one)) is not None:
            return str(one)
    return "/"


def key(look: Look) -> Iterator[Finding]:
    """Whether it was ever handed out, once there is one."""
    home, files = look.facts.tools.place.home, look.facts.files
    is_made = files.facts(str(home.backup_identity)) is not None
    if is_made and files.facts(str(home.backup_key_note)) is None:
        text = "the key that opens them lies on this machine alone"
        yield (
            Status.WARNING,
            f"{text}: `vrooli backup key export --out FILE`, and keep it elsewhere",
        )


def ours(look: Look, ledger: BackupLedger) -> Iterator[Finding]:
    """Whether all of them are written to from here, and what of their WAL is lost."""
    declared = look.facts.stack.backup.stores or ("here",)
    for name, why in ledger.paused.items():
        if name in declared:
            next_step = f"when that one is gone, `vrooli backup store adopt {name}`"
            yield Status.WARNING, f"nothing goes to {name}: {why}; {next_step}"
    for name, files in ledger.torn.items():
        if name in declared:
            lost = f"{len(files)} files of WAL are damaged in {name} and nowhere whole"
            yield Status.WARNING, f"{lost}, the first is {files[0]}: no moment behind it is reached"


def used(look: Look, folder: str) -> float:
    """Per cent of its disk; 0 where that cannot be told."""
    try:
        return round(look.facts.system.disk(_existing(look, folder)).used_percent, 1)
    except StorageError:
        return 0.0
