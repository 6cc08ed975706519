"""What an upgrade or a restore leaves that was killed: a folder beside the data, and servers that
hold it.
"""

from collections.abc import Sequence
from pathlib import Path

from vrooli.core.command import Command, EndLaunches, Remove
from vrooli.stack.postgres.cluster import made_as

UPGRADE, RESTORE, PROOF, DUMP = "upgrade", "restore", "proof", "dump"
"""What a server is run for beside the one that serves."""


def launched_as(service: str, purpose: str = UPGRADE) -> str:
    """The name under which the keeper records what runs for a purpose beside `service`."""
    return f"{service}.{purpose}"


def stage_folder(data: Path, service: str, purpose: str = UPGRADE) -> Path:
    """Where that works, below the folder `data` of the home."""
    return data / f"{service}.{purpose}"


def left_behind(data: Path, service: str) -> Sequence[Command]:
    """What has to go before `service` starts: its server would not find its data free, or room."""
    found: list[Command] = []
    for purpose in (UPGRADE, RESTORE):
        if stage_folder(data, service, purpose).exists():
            found += removed(data, service, purpose)
    return found


def removed(data: Path, service: str, purpose: str = UPGRADE) -> Sequence[Command]:
    """Have nothing of it left: first whoever works in the folder, then the folder."""
    made = [EndLaunches(made_as(service))] if purpose == UPGRADE else []
    return (
        EndLaunches(launched_as(service, purpose)),
        *made,
        Remove(str(stage_folder(data, service, purpose))),
    )
