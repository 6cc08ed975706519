"""What an upgrade or a restore leaves that was killed: a folder beside the data, and servers that
hold it.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.command import Command, EndLaunches, Remove
from vrooli.core.errors import ConfigError
from vrooli.stack.beside import DUMP, PROOF, RESTORE, UPGRADE, launched_as, stage_folder
from vrooli.stack.kind import Place
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.cluster import MAKING, made_as

__all__ = ["DUMP", "PROOF", "RESTORE", "UPGRADE", "launched_as", "stage_folder"]

TARGET = "target"
"""The file of a stage that names the folder which its cluster is to become. It is written before
that is renamed, so that whoever is killed in between leaves no folder that nobody names.
"""

_OF_A_POINT = r"\.[0-9a-f]{6}-[0-9a-f]{4,8}"
"""What a folder of data is called behind its service when it came from a restore point."""


@dataclass(frozen=True, slots=True)
class CutShort:
    """Something whose author was killed.

    Attributes:
        service: beside which.
        said: what it was, and what holds now, for people.
        commands: what makes it clean.
    """

    service: str
    said: str
    commands: Sequence[Command]


def left_behind(place: Place, service: str) -> Sequence[Command]:
    """What has to go before `service` starts: its server would not find its data free, or room.
    What is under way in this process is nothing that was left.
    """
    data, found = place.home.root / "data", list[Command]()
    for purpose in (UPGRADE, RESTORE):
        under_way = launched_as(service, purpose) in place.works
        if not under_way and stage_folder(data, service, purpose).exists():
            found += removed(data, service, purpose)
    return found


def unmade(data: Path, service: str) -> Sequence[Command]:
    """What has to go where `service` has its data: the rest of making one, which a restore overtook
    and which nobody would make again.
    """
    named = re.compile(rf"{re.escape(service)}({_OF_A_POINT})?{re.escape(MAKING)}")
    rest = [path for path in sorted(data.glob(f"*{MAKING}")) if named.fullmatch(path.name)]
    ended = [EndLaunches(made_as(service))] if rest else []
    return (*ended, *(Remove(str(path)) for path in rest))


def removed(data: Path, service: str, purpose: str = UPGRADE) -> Sequence[Command]:
    """Have nothing of it left: first whoever works in the folder, then what it was about to give a
    name, then the folder.
    """
    made = [EndLaunches(made_as(service))] if purpose in (UPGRADE, RESTORE) else []
    stage = stage_folder(data, service, purpose)
    return (
        EndLaunches(launched_as(service, purpose)),
        *made,
        *(Remove(str(path)) for path in _unnamed(data, service, stage)),
        Remove(str(stage)),
    )


def cut_short(data: Path, launched: Collection[str]) -> Iterator[CutShort]:
    """Upgrades and restores that ended with whoever did them, who held the home then. `launched`
    are the names under which something runs.
    """
    for purpose in (UPGRADE, RESTORE):
        suffix = f".{purpose}"
        names = {path.name for path in data.glob(f"*{suffix}")} | {*launched}
        for name in sorted(name for name in names if name.endswith(suffix)):
            service = name.removesuffix(suffix)
            said = f"its {purpose} was cut short; what was made on the way is removed"
            yield CutShort(service, said, removed(data, service, purpose))
    for path in sorted(data.glob(f"*{clusters.BEFORE}")):
        service = path.name.removesuffix(clusters.BEFORE)
        yield CutShort(service, _switched(data, service), [clusters.settled_in(data, service)])


def _switched(data: Path, service: str) -> str:
    try:
        now = clusters.read_in(data, service)
    except ConfigError as error:
        return f"another data folder was put in force, and then nobody went on: {error.what}"
    kept = f"; {now.other} is kept: `--undo` goes back to it" if now.other else ""
    return f"{now.current} was put in force, and then nobody went on; it stays in force{kept}"


def _unnamed(data: Path, service: str, stage: Path) -> Iterator[Path]:
    """The folder that this stage was made for, while nobody but the stage names it."""
    try:
        name = clusters.start_of(stage / TARGET, 200).decode("ascii").strip()
        known = clusters.read_in(data, service)
    except (OSError, ValueError, ConfigError):
        return
    ours = re.fullmatch(rf"{re.escape(service)}{_OF_A_POINT}", name)
    if ours and name not in (known.current, known.other):
        yield data / name
