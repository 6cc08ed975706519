"""What runs beside a service for a while, in a folder of its own below `data` of the home: an
upgrade, a restore, a proof. The keeper records it as `SERVICE.PURPOSE`; no service is called so.
"""

from pathlib import Path

from vrooli.stack.kind import ProbeTools
from vrooli.stack.trees import end_tree

UPGRADE, RESTORE = "upgrade", "restore"
"""Done by whoever decides: the watchdog, or a command while there is none. They end with it."""

PROOF, RESCUE, BESIDE, DUMP = "proof", "rescue", "beside", "dump"
"""Done by commands of their own, which hold a lock meanwhile; `beside` stays until it is ended
by name.
"""

FILES = "files"
"""Files that are put back: they have no service, and it goes on when whoever decides is killed."""

PURPOSES = (UPGRADE, RESTORE, PROOF, RESCUE, BESIDE, DUMP, FILES)

_GRACE = 10.0
"""Seconds between TERM and KILL."""


def launched_as(service: str, purpose: str = UPGRADE) -> str:
    """The name under which the keeper records what runs for a purpose beside `service`."""
    return f"{service}.{purpose}"


def is_beside(launch_name: str) -> bool:
    """Whether what the keeper recorded under this name is no service, and runs beside one."""
    service, _, purpose = launch_name.rpartition(".")
    return bool(service) and purpose in PURPOSES


def stage_folder(data: Path, service: str, purpose: str = UPGRADE) -> Path:
    """Where that works, below the folder `data` of the home."""
    return data / f"{service}.{purpose}"


async def end_beside(tools: ProbeTools) -> list[str]:
    """End all of it, since the stack goes down; what it was.

    Raises:
        Busy: one does not end although it was killed.
    """
    found = [launch for launch in await tools.keeper.launches() if is_beside(launch.service)]
    for launch in found:
        await end_tree(launch, tools.keeper, tools.clock, _GRACE)
    return [launch.service for launch in found]
