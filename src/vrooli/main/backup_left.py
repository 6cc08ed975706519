"""What commands leave that were killed while they had a copy beside what serves: found by the lock
that they would hold, and removed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from vrooli.core.errors import Busy, VrooliError
from vrooli.core.home import Home
from vrooli.host.locks import FileLock
from vrooli.stack.beside import BESIDE, PROOF, RESCUE
from vrooli.stack.postgres.left import removed
from vrooli.stack.runtime import Context

PROOF_LOCK, RESCUE_LOCK = "backup-proof.lock", "backup-rescue.lock"
BESIDE_LOCK = "backup-beside.lock"
"""In the home; held by whoever has such a copy."""

_LOCKS = {PROOF: PROOF_LOCK, RESCUE: RESCUE_LOCK, BESIDE: BESIDE_LOCK}

EVERY = 30.0
"""Seconds between two looks of the watchdog."""


async def swept(context: Context) -> list[str]:
    """Remove them, and end their servers; beside which services they were. What is under way is
    left alone, and so is a copy that serves until it is ended by name.

    Raises:
        StorageError: something cannot be removed.
        Busy: a server does not end although it was killed.
    """
    home, found = context.tools.place.home, list[str]()
    serving = {launch.service for launch in await context.tools.keeper.launches()}
    for purpose, name in _LOCKS.items():
        names = [path.name for path in (home.root / "data").glob(f"*.{purpose}")]
        left = [name for name in names if not (purpose == BESIDE and name in serving)]
        if not left or not (lock := _taken(home, name)):
            continue
        try:
            for folder in left:
                service = folder.removesuffix(f".{purpose}")
                commands = removed(home.root / "data", service, purpose)
                await context.executor.run(commands, lambda _: None)
                found.append(service)
        finally:
            lock.release()
    return found


async def swept_for_ever(context: Context) -> AsyncIterator[str]:
    """Each service beside which something was, when it is gone."""
    while True:
        with suppress(VrooliError):  # the next look finds it again
            for service in await swept(context):
                yield service
        await asyncio.sleep(EVERY)


def _taken(home: Home, name: str) -> FileLock | None:
    lock = FileLock(home.root / name, "")
    try:
        lock.take()
    except Busy:
        return None
    return lock
