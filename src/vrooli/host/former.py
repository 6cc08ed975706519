"""Keepers of a home that was at this path before: deleted, moved away, hidden by a mount. A second
pair beside a living one would fight over ports and data.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from vrooli.core.errors import Busy, Unreachable
from vrooli.core.home import Home
from vrooli.host.keeper import proc
from vrooli.host.keeper_client import KeeperClient

PATIENCE = 120.0
"""Seconds that one gets to notice (a home that was moved away is waited for, for a minute), to stop
its services and to end.
"""

MAIN = b"vrooli.host.keeper.main"
_PAUSE = 0.1


async def former_ended(home: Home, tell: Callable[[str], None]) -> bool:
    """Wait until no keeper of a former home at this path is left; whether there was one.

    Args:
        home: the place.
        tell: gets a sentence for people when there is something to wait for.

    Raises:
        Busy: one does not end in time.
    """
    pid = await _former(home)
    if not pid:
        return False
    tell(
        f"the stack that ran here has lost its home: waiting until its keeper (process {pid}) has "
        "stopped it"
    )
    deadline = time.monotonic() + PATIENCE
    while await _former(home):
        if time.monotonic() >= deadline:
            raise Busy(
                f"the keeper of a former home (process {pid}) still runs its stack",
                where=str(home.root),
                next_step="if that home is on a disk that was unmounted, mount it again; else try "
                "again in a moment",
            )
        await asyncio.sleep(_PAUSE)
    return True


async def _former(home: Home) -> int:
    """The process that keeps another folder than the one at this path now; 0 for none."""
    try:
        async with await KeeperClient.connect(home.keeper_socket) as client:
            told = await client.ping()
    except Unreachable:
        return _unreachable_keeper(home)
    kept = told.get("home")
    if kept is None or kept == _folder(home.root):
        return 0
    return int(told["identity"]["pid"])


def _folder(root: Path) -> dict[str, int] | None:
    try:
        facts = os.stat(root)
    except OSError:
        return None
    return {"device": facts.st_dev, "inode": facts.st_ino}


def _unreachable_keeper(home: Home) -> int:
    """A keeper of this path whose socket was removed together with its home. One whose lock is
    there is no former one: it hangs, or is just starting.
    """
    if home.keeper_lock.exists():
        return 0
    end = [os.fsencode(home.root.absolute()), os.fsencode(home.run.absolute())]
    for pid in proc.all_stats():
        words = proc.read(f"/proc/{pid}/cmdline", 8192).split(b"\0")[:-1]
        if words[-2:] == end and any(MAIN in word for word in words) and _is_ours(pid):
            return pid
    return 0


def _is_ours(pid: int) -> bool:
    try:
        owner = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return False
    return owner in (0, os.geteuid()) and pid != os.getpid()
