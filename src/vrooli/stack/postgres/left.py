"""What an upgrade leaves that was killed: a folder beside the data, and servers that hold it."""

from collections.abc import Sequence
from pathlib import Path

from vrooli.core.command import Command, EndLaunches, Remove
from vrooli.stack.postgres.cluster import made_as


def launched_as(service: str) -> str:
    """The name under which the keeper records what an upgrade of `service` runs."""
    return f"{service}.upgrade"


def stage_folder(data: Path, service: str) -> Path:
    """Where an upgrade works, below the folder `data` of the home."""
    return data / f"{service}.upgrade"


def left_by_upgrade(data: Path, service: str) -> Sequence[Command]:
    """What has to go before `service` starts: its server would not find its data free."""
    return removed(data, service) if stage_folder(data, service).exists() else ()


def removed(data: Path, service: str) -> Sequence[Command]:
    """Have nothing of an upgrade left: first whoever works in the folder, then the folder."""
    return (
        EndLaunches(launched_as(service)),
        EndLaunches(made_as(service)),
        Remove(str(stage_folder(data, service))),
    )
