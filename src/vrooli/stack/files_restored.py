"""What a restore of files moved aside, and where: by that it is undone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from vrooli.core.errors import Damaged

State = Literal["restoring", "restored", "undoing", "undone", "redoing"]
"""Where it is: what ends with `-ing` was cut short unless somebody is at it."""

_NEXT: dict[State, State] = {
    "restoring": "undoing", "restored": "undoing", "undone": "redoing",
}  # fmt: skip
_LAST: dict[State, State] = {
    "restoring": "restored", "undoing": "undone", "redoing": "restored",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """A path that was replaced.

    Attributes:
        path: absolute.
        kept: where what was there is now; empty when nothing was.
    """

    path: str
    kept: str


@dataclass(frozen=True, slots=True)
class FilesRestored:
    """The last restore of some files.

    Attributes:
        point: id of the restore point.
        at: Unix seconds of what was begun last: it, or its undoing.
        mark: in the names of what that moves aside.
    """

    point: str
    at: float
    mark: str
    state: State
    moved: tuple[Moved, ...]

    @property
    def cut_short(self) -> bool:
        """Whether that has not come to its end."""
        return self.state in _LAST

    @property
    def undoing_cut_short(self) -> bool:
        """Whether that was having it undone, or done once more."""
        return self.cut_short and self.state not in _NEXT

    def undoing(self, at: float, mark: str) -> "FilesRestored":
        """It is to be undone, or that in its turn; what was cut short on that way goes on."""
        if self.state not in _NEXT:
            return self
        return replace(self, at=at, mark=mark, state=_NEXT[self.state])

    def ended(self, moved: tuple[Moved, ...]) -> "FilesRestored":
        """All of it is done."""
        return replace(self, state=_LAST.get(self.state, self.state), moved=moved)


Restored = Mapping[str, FilesRestored]
"""By the names of the files."""


def restored_read(data: bytes) -> dict[str, FilesRestored]:
    """What `restored_written` wrote; nothing of nothing.

    Raises:
        Damaged: it is no such record.
    """
    try:
        said: dict[str, Any] = json.loads(data or b"{}")
        return {name: _read(row) for name, row in said.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(
            f"the record of files that were put back cannot be understood: {error}",
            where="files-restored.json",
            next_step="move it away: what was moved aside lies beside its place, `PATH.*.before`",
        ) from error


def _read(row: dict[str, Any]) -> FilesRestored:
    moved = tuple(Moved(**one) for one in row["moved"])
    return FilesRestored(**{**row, "at": float(row["at"]), "moved": moved})


def restored_written(known: Restored) -> str:
    """As it is kept."""
    return json.dumps({name: asdict(one) for name, one in known.items()}, indent=1) + "\n"
