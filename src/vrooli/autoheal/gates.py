"""Would a restart help? Reasons why it would not. Reading only."""

from collections.abc import Callable

from vrooli.autoheal.policy import Symptom
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import StorageError
from vrooli.core.ports.system import System

MIN_FREE_BYTES = 32 * 2**20
"""PostgreSQL writes WAL in 16 MiB segments and needs room for the next one to start: two of them.
"""

MIN_FREE_INODES = 16

OVERLOAD = 50.0
"""Runnable or waiting tasks per processor, over one minute: each gets less than 2 % of one."""


def gates(system: System, home: str, cpus: int) -> Callable[[Tracked], str]:
    """The gate in force: why a service must not be restarted now, empty when it may."""

    def gate(tracked: Tracked) -> str:
        return _disk(system, home) or _answers(tracked) or _overload(system, cpus, tracked)

    return gate


def _disk(system: System, home: str) -> str:
    try:
        disk = system.disk(home)
    except StorageError as error:
        return f"the disk of {home} cannot be read: {error.what}"
    if disk.read_only:
        return f"the file system of {home} is read-only: nothing could start"
    if disk.available < MIN_FREE_BYTES:
        return f"disk full: {disk.available / 2**20:.0f} MiB left at {home}, nothing could start"
    if disk.inodes_total and disk.inodes_available < MIN_FREE_INODES:
        return f"no free inodes at {home}: nothing could start"
    return ""


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
