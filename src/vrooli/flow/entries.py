"""What a journal holds: attempts of steps that began, and that ended."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed.

    Attributes:
        kind: one word for a machine, like `timeout`.
        reason: one sentence for a person.
        where: which expression, address or key; may be empty.
        retryable: whether the same again may succeed.
    """

    kind: str
    reason: str
    where: str = ""
    retryable: bool = False

    def to_json(self) -> dict[str, Any]:
        """As expressions and clients see it."""
        return {
            "kind": self.kind,
            "reason": self.reason,
            "where": self.where,
            "retryable": self.retryable,
        }


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt was begun.

    Attributes:
        path: which step.
        attempt: from 1.
        type: of the step.
        arguments: filled in.
        at: unix seconds.
    """

    path: str
    attempt: int
    type: str
    arguments: Any
    at: float


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt ended.

    Attributes:
        path: which step.
        attempt: from 1.
        type: of the step.
        output: its value; None when it failed.
        failure: None when it worked.
        at: unix seconds.
    """

    path: str
    attempt: int
    type: str
    output: Any = None
    failure: Failure | None = None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Again:
    """A step is to be done anew: its attempts so far count no more. They stay in the journal.

    Attributes:
        path: which step.
        attempt: the last one that does not count.
    """

    path: str
    attempt: int


Entry = Begun | Finished
"""What whoever drives a run writes."""

Told = Entry | Again
"""What a journal tells. `Again` comes from outside, while nobody drives the run."""
