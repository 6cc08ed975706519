"""Port: what a run has done, kept so that no crash loses it."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from vrooli.flow.entries import Entry, Told


class Written(Enum):
    """What became of an entry."""

    DONE = "done"
    DUPLICATE = "duplicate"
    """It was there already: the earlier one counts."""
    FENCED = "fenced"
    """The run is somebody else's by now, or has ended: stop."""
    OVER = "over"
    """Not written: the budget of the run, or of one that it is a part of, has no step left."""


class Journal(Protocol):
    """Of one run, as its present owner writes it."""

    async def read(self) -> Sequence[Told]:
        """The end of each attempt, or its beginning while it has no end, in the order in which they
        were first written; and which of them count no more.
        """
        ...

    async def write(self, entry: Entry) -> Written:
        """Durable when it returns.

        Raises:
            VrooliError: it could not be written; `retryable` says whether it may be tried again.
        """
        ...
