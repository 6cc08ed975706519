"""How a process works on runs."""

from dataclasses import dataclass

from vrooli.core.errors import UsageError
from vrooli.execution.runs.sharing import DEFAULT_QUEUE
from vrooli.flow.reading import NAME

MOST_QUEUES = 50
MOST_SLOTS = 10_000


@dataclass(frozen=True, slots=True)
class WorkSettings:
    """Settings of one process; checks itself.

    Attributes:
        queues: whose runs it takes.
        slots: runs at the same time; none at 0.
        drain_seconds: how long what must not be repeated may go on after SIGTERM.
    """

    queues: tuple[str, ...] = (DEFAULT_QUEUE,)
    slots: int = 100
    drain_seconds: float = 10.0

    def __post_init__(self) -> None:
        for queue in self.queues:
            if not NAME.fullmatch(queue):
                raise UsageError(
                    f"{queue!r} is no name of a queue",
                    where="VROOLI_QUEUES",
                    next_step="use lower-case letters, digits and `-`, a letter first",
                )
        _within(len(self.queues), 1, MOST_QUEUES, "VROOLI_QUEUES", "names, with commas between")
        _within(self.slots, 0, MOST_SLOTS, "VROOLI_SLOTS", "a whole number")
        if not 0 < self.drain_seconds <= 3600:
            raise UsageError(
                f"{self.drain_seconds} is out of range",
                where="DRAIN_SECONDS",
                next_step="use a number of seconds above 0 and at most 3600",
            )


def _within(value: int, least: int, most: int, where: str, what: str) -> None:
    if not least <= value <= most:
        raise UsageError(
            f"{value} is out of range", where=where, next_step=f"use {what}, {least} to {most}"
        )
