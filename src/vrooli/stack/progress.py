"""What a start or stop tells while it goes on: one shape for the terminal, the API and the logs."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from vrooli.stack.pace import Measured

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
        bytes_done: how far it is, where that is what it tells.
        bytes_total: of so many; 0 where nobody knows.
    """

    service: str
    phase: Phase
    message: str = ""
    seconds: float = 0.0
    bytes_done: int | None = None
    bytes_total: int | None = None

    def to_json(self) -> dict[str, Any]:
        """One line of NDJSON; without numbers of bytes where it does not tell them."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def preparing(service: str, line: str) -> Step:
    """What is done of it, a line; with its numbers where it measures."""
    if isinstance(line, Measured):
        return Step(service, "preparing", str(line), bytes_done=line.done, bytes_total=line.total)
    return Step(service, "preparing", line)


def measured(told: Mapping[str, Any]) -> Measured | None:
    """What a line of NDJSON measures, if it does."""
    if told.get("bytes_done") is None:
        return None
    head = f"{told['service']}: "
    done, total = int(told["bytes_done"]), int(told.get("bytes_total") or 0)
    return Measured(str(told["message"]), head, done, total)


Report = Callable[[Step], None]


def silent(step: Step) -> None:
    """For those whom nobody watches line by line: a heal's record says what happened."""
