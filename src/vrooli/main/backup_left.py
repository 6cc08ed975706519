"""What commands leave that were killed while they had a copy beside what serves: found by the lock
that they would hold, and removed.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vrooli.core.errors import Busy, VrooliError
from vrooli.core.home import Home
from vrooli.host.locks import FileLock
from vrooli.stack.beside import BESIDE, DUMP, PROOF, RESCUE
from vrooli.stack.postgres.left import removed
from vrooli.stack.runtime import Context

PROOF_LOCK, RESCUE_LOCK = "backup-proof.lock", "backup-rescue.lock"
BESIDE_LOCK = "backup-beside.lock"
"""In the home; held by whoever has such a copy."""

BACKUP_LOCK = "backup.lock"
"""Among the holds; held by whoever takes a restore point, and may dump for it."""

_LOCKS = {PROOF: PROOF_LOCK, RESCUE: RESCUE_LOCK, BESIDE: BESIDE_LOCK, DUMP: BACKUP_LOCK}

EVERY = 30.0
"""Seconds between two looks of the watchdog."""


async def swept(context: Context, ours: Collection[str] = ()) -> list[str]:
    """Remove them, and end their servers; beside which services they were. What is under way is
    left alone, and so is a copy that serves until it is ended by name.

    Args:
        context: of the stack.
        ours: names of locks that we hold ourselves.

    Raises:
        StorageError: something cannot be removed.
        Busy: a server does not end although it was killed.
    """
    home, found = context.tools.place.home, list[str]()
    serving = {launch.service for launch in await context.tools.keeper.launches()}
    for purpose, name in _LOCKS.items():
        names = [path.name for path in (home.root / "data").glob(f"*.{purpose}")]
        left = [name for name in names if not (purpose == BESIDE and name in serving)]
        if not left:
            continue
        with _held(home, name, ours=name in ours) as free:
            for folder in left if free else ():
                service = folder.removesuffix(f".{purpose}")
                commands = removed(home.root / "data", service, purpose)
                await context.executor.run(commands, lambda _: None)
                found.append(service)
    return found


async def swept_for_ever(context: Context) -> AsyncIterator[str]:
    """Each service beside which something was, when it is gone."""
    while True:
        with suppress(VrooliError):  # the next look finds it again
            for service in await swept(context):
                yield service
        await asyncio.sleep(EVERY)


def lock_path(home: Home, name: str) -> Path:
    """Where it is. While a restore point is taken, nothing that runs is restarted."""
    return (home.holds if name == BACKUP_LOCK else home.root) / name


@contextmanager
def _held(home: Home, name: str, *, ours: bool) -> Iterator[bool]:
    """Whether nobody else holds it; nobody does until the end of this."""
    lock = FileLock(lock_path(home, name), "")
    try:
        if not ours:
            lock.take()
    except Busy:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
