"""What happened in a simulation, in the order of its times."""

import json
from dataclasses import dataclass
from typing import Any

LONGEST = 200
"""Characters that are told of a value."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened.

    Attributes:
        at: seconds after the beginning.
        what: one word.
        path: of the task, or of what was written; empty for the swarm itself.
        says: more, for people.
        diff: what would change, as whoever is asked sees it.
    """

    at: float
    what: str
    path: str
    says: str = ""
    diff: str = ""

    def to_json(self) -> dict[str, Any]:
        """As clients see it."""
        found = {"at": round(self.at, 3), "what": self.what, "path": self.path, "says": self.says}
        return {**found, "diff": self.diff} if self.diff else found


def short(value: Any) -> str:
    """A value in one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
