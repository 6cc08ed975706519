"""What `install` did for a home, so that it can be compared and undone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from vrooli.core.errors import StorageError
from vrooli.stack.durable import write_durably


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """The content of `unit.json`.

    Attributes:
        unit: its name.
        environment: that of the unit.
        lingering: whether it was us who had the user's units linger.
        installed_at: unix seconds.
    """

    unit: str
    environment: Mapping[str, str] = field(default_factory=dict)
    lingering: bool = False
    installed_at: float = 0.0


def read_record(path: Path) -> UnitRecord | None:
    """The record; None when nothing was installed, or when it is damaged."""
    try:
        return UnitRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_record(path: Path, record: UnitRecord) -> None:
    """Replace it. Raises StorageError."""
    try:
        write_durably(path, json.dumps(asdict(record)) + "\n")
    except OSError as error:
        what = f"cannot remember what was installed: {error.strerror}"
        raise StorageError(
            what,
            where=str(path),
            next_step="free space on its disk, or make it writable, then run this again",
        ) from error
