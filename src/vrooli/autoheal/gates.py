"""Would a restart help? Reasons why it would not. Reading only."""

from vrooli.autoheal.policy import Symptom
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import DeadlineExceeded, StorageError
from vrooli.core.ports.system import System
from vrooli.stack.aside import Aside

MIN_FREE_BYTES = 32 * 2**20
"""PostgreSQL writes WAL in 16 MiB segments and needs room for the next one to start: two of them.
"""

MIN_FREE_INODES = 16

LONGEST = 10.0
"""Seconds after which a look is not waited for, however long `System` itself waits."""

OVERLOAD = 50.0
"""Runnable or waiting tasks per processor, over one minute: each gets less than 2 % of one."""


class Gates:
    """The gate in force."""

    def __init__(self, system: System, home: str, cpus: int) -> None:
        self._system, self._home, self._cpus = system, home, cpus
        self._aside = Aside()
        self._closed = ""

    async def look(self) -> None:
        """Look at the disk, which takes seconds to find out that it hangs. Who comes meanwhile gets
        the same answer.
        """
        try:
            self._closed = await self._aside.answer(self._home, self._disk, LONGEST)
        except DeadlineExceeded as error:
            self._closed = _hangs(self._home, error)

    def reason(self, tracked: Tracked) -> str:
        """Why a service must not be restarted now, by the latest look; empty when it may."""
        return self._closed or _answers(tracked) or _overload(self._system, self._cpus, tracked)

    def _disk(self) -> str:
        return _disk(self._system, self._home)


def _disk(system: System, home: str) -> str:
    try:
        disk = system.disk(home)
    except StorageError as error:
        return f"the disk of {home} cannot be read: {error.what}"
    except DeadlineExceeded as error:
        return _hangs(home, error)
    if disk.read_only:
        return f"the file system of {home} is read-only: nothing could start"
    if disk.available < MIN_FREE_BYTES:
        return f"disk full: {disk.available / 2**20:.0f} MiB left at {home}, nothing could start"
    if disk.inodes_total and disk.inodes_available < MIN_FREE_INODES:
        return f"no free inodes at {home}: nothing could start"
    return ""


def _hangs(home: str, error: DeadlineExceeded) -> str:
    return f"the disk of {home} hangs ({error.what}): nothing could start"


def _overload(system: System, cpus: int, tracked: Tracked) -> str:
    """An overloaded machine answers late; restarting what is late only adds to the load."""
    failure = tracked.failure
    if failure is None or failure.symptom is not Symptom.UNRESPONSIVE:
        return ""
    per_cpu = system.load()[0] / max(1, cpus)
    if per_cpu < OVERLOAD:
        return ""
    return f"the machine is overloaded ({per_cpu:.0f} runnable per processor): slow is not dead"


def _answers(tracked: Tracked) -> str:
    if tracked.failure is None or tracked.failure.symptom is not Symptom.UNRESPONSIVE:
        return ""  # an answer of before it ended says nothing
    result = tracked.result
    if result is not None and result.details.get("answered"):
        return f"it answers, so a restart would not help: {result.message}"
    return ""
