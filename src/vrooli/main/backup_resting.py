"""Composition of what the jobs of a home do all of whose stores are other homes': nothing, and the
WAL that is received here, which no store takes, does not fill the disk.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from vrooli.core.home import Home
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_ship import WAL_LOCK
from vrooli.stack.backup_ledger import LetGo
from vrooli.stack.job_launch import JOB
from vrooli.stack.postgres.wal.choosing import is_segment
from vrooli.stack.postgres.wal.moments import told
from vrooli.stack.postgres.wal.streams import streams_in, wal_folder

Kept = tuple[float, int, Path]
"""A file of WAL: when it was written, Unix seconds; its bytes; where it lies."""


def why_resting(place: BackupPlace) -> str:
    """Why a job has nothing to do here; empty when it has, and for who is no job: a person is told
    by an error.

    Raises:
        VrooliError: the key is missing, or a reference cannot be resolved.
    """
    if JOB not in place.environment or place.known_keys() is None:
        return ""
    paused = place.spread(lambda _: None).paused()
    if not paused:
        return ""
    with place.alone(WAL_LOCK, "bringing WAL to the store"):
        lost = _lost(place)
    said = "; ".join(f"{name}: {why}" for name, why in paused.items())
    return (
        f"backups are paused, nothing is done: {said}. {lost}When the other home is gone for good, "
        f"`vrooli backup store adopt {next(iter(paused))} --yes`; "
        "else name another store for this one"
    )


def _lost(place: BackupPlace) -> str:
    """What was removed just now, in words; empty for nothing. The record says it as well."""
    said = ""
    for service, gone in let_go(place.home, place.settings.wal_room).items():
        BackupBook(place.home).let_go(service, gone)
        said += (
            f"WAL of {service} from {told(gone.since)} to {told(gone.until)} was removed, beyond "
            "`wal_room`: no moment since then can be gone back to until there is a new point. "
        )
    return said


def let_go(home: Home, most: int) -> dict[str, LetGo]:
    """Remove the oldest WAL received here, of all resources, until each has no more than `most`
    bytes; what went, by resource. Nothing leads on from what stays but a new restore point.
    """
    found = dict[str, LetGo]()
    with suppress(OSError):  # none is received here
        for service in sorted(os.listdir(home.root / "wal")):
            gone = list[float]()
            for at, _, path in beyond(list(_received(home, service)), most):
                with suppress(OSError):
                    path.unlink()
                    gone.append(at)
            if gone:
                found[service] = LetGo(min(gone), max(gone))
    return found


def beyond(files: Sequence[Kept], most: int) -> list[Kept]:
    """The oldest of them, without which they are no more than `most` bytes. Pure."""
    gone, size = list[Kept](), sum(size for _, size, _ in files)
    for one in sorted(files):
        if size <= most:
            break
        gone.append(one)
        size -= one[1]
    return gone


def _received(home: Home, service: str) -> Iterator[Kept]:
    """Whole segments; the receiver goes on from the one that it writes."""
    folder = wal_folder(home, service)
    for system in (name for name in os.listdir(folder) if name.isdigit()):
        for stream in streams_in(folder / system):
            for name, size in stream.files.items():
                path = Path(stream.folder) / name
                with suppress(FileNotFoundError):
                    if is_segment(name):
                        yield path.lstat().st_mtime, size, path
