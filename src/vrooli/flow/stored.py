"""An entry as the columns of a table, its values as JSON: the same for every journal."""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import StorageError
from vrooli.flow.entries import Again, Begun, Entry, Failure, Finished, Told


@dataclass(frozen=True, slots=True)
class Stored:
    """One attempt, as far as it came.

    Attributes:
        path: which step.
        attempt: from 1.
        type: of the step.
        status: `begun`, `completed` or `failed`; `again` says that nothing up to it counts.
        arguments: JSON; None unless it is known to have begun.
        output: JSON; None unless it completed.
        failure: JSON; None unless it failed.
        at: unix seconds.
    """

    path: str
    attempt: int
    type: str
    status: str
    arguments: str | None
    output: str | None
    failure: str | None
    at: float

    @property
    def columns(self) -> tuple[str | int | float | None, ...]:
        """All of it, in the order of the attributes."""
        told = (self.arguments, self.output, self.failure)
        return (self.path, self.attempt, self.type, self.status, *told, self.at)

    def entry(self) -> Told:
        """What was stored."""
        if self.status == "again":
            return Again(self.path, self.attempt)
        head = (self.path, self.attempt, self.type)
        if self.status == "begun":
            return Begun(*head, json.loads(self.arguments or "null"), self.at)
        if self.failure is not None:
            return Finished(*head, None, Failure(**json.loads(self.failure)), self.at)
        return Finished(*head, json.loads(self.output or "null"), None, self.at)


def stored(entry: Entry) -> Stored:
    """The columns of an entry.

    Raises:
        StorageError: a value in it is none that JSON in UTF-8 knows.
    """
    arguments = output = failure = None
    if isinstance(entry, Begun):
        status, arguments = "begun", _json(entry.path, entry.arguments)
    elif entry.failure is not None:
        status, failure = "failed", _json(entry.path, entry.failure.to_json())
    else:
        status, output = "completed", _json(entry.path, entry.output)
    head = (entry.path, entry.attempt, entry.type)
    return Stored(*head, status, arguments, output, failure, entry.at)


def _json(path: str, value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()  # half of a surrogate pair passes until here
    except (TypeError, ValueError, RecursionError) as error:
        raise StorageError(
            "a value cannot be written down as JSON",
            where=path,
            next_step="have the step say it in plain JSON: texts, numbers, lists, objects",
        ) from error
    return text
