"""What a start or stop tells while it goes on: one shape for the terminal, the API and the logs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Phase = Literal[
    "waiting",
    "preparing",
    "starting",
    "healthy",
    "started",
    "unchanged",
    "stopping",
    "stopped",
    "failed",
    "blocked",
    "refused",
]

FINAL: frozenset[str] = frozenset(
    {"healthy", "started", "unchanged", "stopped", "failed", "blocked", "refused"}
)
"""`started` is all that can be said of a service that nobody can ask; what is `refused` runs on as
it did."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of progress.

    Attributes:
        service: which one.
        phase: where it is; the `FINAL` ones end its part.
        message: for people; empty when the phase says it all.
        seconds: since its part began.
    """

    service: str
    phase: Phase
    message: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """One line of NDJSON."""
        return asdict(self)


Report = Callable[[Step], None]


def silent(step: Step) -> None:
    """For those whom nobody watches line by line: a heal's record says what happened."""
